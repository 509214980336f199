"""How large a task is in MongoDB: the figures that docs/scaling.md reckons with; `-s` shows what was measured."""

import os
import random
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.clock import SystemClock
from app.core.ids import new_id
from app.core.settings import Settings, TaskSettings
from app.data.accounts import Account
from app.data.changes import Change
from app.data.migrations import Migrator
from app.data.sharding import ClusterState, make_plan
from app.data.store import Store
from app.data.zones import Shard
from app.tasks.collections import TASKS
from app.tasks.documents import new_task
from app.tasks.module import TASK_COLLECTIONS
from app.tasks.position import position_between
from app.tasks.schemas import TaskDraft
from tests.architecture.documents import read_document, table_rows
from tests.fakes.clock import START

USERS, TASKS_EACH = 100, 100
WORDS = ("answer", "bring", "call", "garden", "invoice", "monthly", "plan", "report", "the", "to", "with", "write")

# Indexes are compressed by what is beside what, and fill their pages as it happens.
TOLERANCE = 0.2

# MongoDB manual, "Sharded cluster limits": a range is moved if its documents are no more than 2 times the range
# size (128 MB unless it is configured) divided by the average size of the collection's documents.
RANGE_BYTES = 128 * 1024**2
SLACK = 2


class Sizes(NamedTuple):
    document_bytes: float
    index_bytes: float


def typical_tasks(user_id: UUID, dice: random.Random) -> list[dict[str, Any]]:
    """Six words as title, notes of forty words on one in three, half with a date, labels on one in three."""
    position, tasks = None, []
    for number in range(TASKS_EACH):
        position = position_between(position, None)
        at = START + timedelta(minutes=number)
        draft = TaskDraft.model_validate(
            {
                "title": " ".join(dice.choices(WORDS, k=6)),
                "notes": " ".join(dice.choices(WORDS, k=40)) if number % 3 == 0 else "",
                "due": {"date": f"{at + timedelta(days=number):%Y-%m-%d}"} if number % 2 else None,
                "labels": dice.sample(WORDS, 2) if number % 3 == 1 else [],
                "priority": dice.randrange(5),
            }
        )
        account = Account(user_id, "user", number + 1, "UTC", is_disabled=False)
        tasks.append(new_task(new_id(at), Change(None, account, at, 0), draft, position))
    return tasks


@pytest.fixture(scope="module")
async def sizes(raw_database: AsyncDatabase[dict[str, Any]], settings: Settings) -> AsyncIterator[Sizes]:
    """Measure many typical tasks under all indexes, that of the shard key included."""
    name, dice = f"sized-{os.getpid()}", random.Random(1)
    database = raw_database.client[name]
    store = Store.open(settings.mongo.model_copy(update={"database": name}), SystemClock())
    await Migrator(store, TASK_COLLECTIONS).run()
    for step in make_plan(name, TASK_COLLECTIONS, ClusterState([Shard("only")], {}, {})).steps:
        if not step.is_admin:
            await database.command(step.command)
    for _ in range(USERS):
        await database[TASKS.name].insert_many(typical_tasks(new_id(START), dice))
    await raw_database.client.admin.command({"fsync": 1})  # sizes are those of the files
    stats = await database.command({"collStats": TASKS.name})
    yield Sizes(stats["avgObjSize"], stats["totalIndexSize"] / stats["count"])
    await store.close()
    await raw_database.client.drop_database(name)


@pytest.fixture(scope="module")
def documented() -> dict[str, float]:
    """The symbols of docs/scaling.md that have a number."""
    cells = [[cell.strip("`") for cell in row[:2]] for row in table_rows(read_document("docs/scaling.md"))]
    return {name: float(value.replace(",", "")) for name, value in cells if _NUMBER.fullmatch(value)}


_NUMBER = re.compile(r"[0-9][0-9,]*(\.[0-9]+)?")


def movable_tasks(document_bytes: float) -> float:
    return SLACK * RANGE_BYTES / document_bytes


class TestATypicalTask:
    def test_is_as_large_as_the_page_on_scaling_says(self, sizes: Sizes, documented: dict[str, float]) -> None:
        print(f"\n{sizes.document_bytes} bytes, and {sizes.index_bytes:.0f} in indexes")  # noqa: T201 - for docs/scaling.md

        assert sizes.document_bytes == pytest.approx(documented["task_bytes"], rel=TOLERANCE)
        assert sizes.index_bytes == pytest.approx(documented["task_index_bytes"], rel=TOLERANCE)


class TestAUserAtTheQuota:
    def test_has_few_enough_tasks_to_be_moved_to_another_shard(self, sizes: Sizes) -> None:
        assert movable_tasks(sizes.document_bytes) > 5 * TaskSettings().quota

    def test_could_not_be_moved_if_tasks_were_much_larger(self, documented: dict[str, float]) -> None:
        largest = documented["largest_movable_task_bytes"]

        assert movable_tasks(largest) >= TaskSettings().quota > movable_tasks(largest + 1)
