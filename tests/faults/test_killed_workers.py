"""Workers that are killed (`kill -9`) at a claim, before and after sending, and at the mark: nothing is lost.

What is told again was on its way when its worker died, and carries the same key.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings
from app.embedded.mongo import TRANSACTION_LIFETIME_SECONDS
from tests.factories.users import insert_user
from tests.faults.outbox.run import Killing
from tests.faults.outbox.worker import POINTS, Stage

# A multiple of the points at which workers die.
KILLS = 104
# A control has no need of more to lose something.
CONTROL_KILLS = 16

Sabotage = Literal["", "marks before it sends", "claims for good"]


# For so long a transaction that loses its process keeps its documents locked; those here take milliseconds.
TRANSACTION_SECONDS = 3


@pytest.fixture(autouse=True)
async def _short_transactions(raw_database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[None]:
    admin = raw_database.client.admin
    await admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": TRANSACTION_SECONDS})
    yield
    await admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": TRANSACTION_LIFETIME_SECONDS})


async def make_killing(
    settings: Settings, database: AsyncDatabase[dict[str, Any]], directory: Path, sabotage: Sabotage = ""
) -> Killing:
    user_ids = [await insert_user(database) for _ in range(5)]
    url = settings.mongo.url.get_secret_value()
    stage = Stage(url, settings.mongo.database, settings.mongo.driver, directory / "received", sabotage)
    return Killing(stage, database, user_ids, seed=7)


@pytest.mark.usefixtures("store")
class TestWorkersThatAreKilled:
    async def test_lose_nothing_and_repeat_no_more_than_was_between_send_and_mark(
        self, settings: Settings, raw_database: AsyncDatabase[dict[str, Any]], tmp_path: Path
    ) -> None:
        killing = await make_killing(settings, raw_database, tmp_path)

        outcome = await killing.run(KILLS)

        assert outcome.kills == KILLS
        assert outcome.lost == 0
        assert outcome.received.keys() == outcome.planned
        assert outcome.notices == len(outcome.planned)  # within the app there are no repeats at all
        assert 0 < outcome.repeats <= outcome.interrupted < KILLS
        assert await raw_database["outbox"].count_documents({}) == 0


@pytest.mark.usefixtures("store")
class TestAWorkerWithoutOneOfItsParts:
    """The controls."""

    async def test_loses_messages_if_it_marks_before_it_sends(
        self, settings: Settings, raw_database: AsyncDatabase[dict[str, Any]], tmp_path: Path
    ) -> None:
        killing = await make_killing(settings, raw_database, tmp_path, "marks before it sends")

        outcome = await killing.run(CONTROL_KILLS, ["before send", "after mark"])

        assert outcome.lost > 0

    async def test_loses_messages_if_its_claims_do_not_end(
        self, settings: Settings, raw_database: AsyncDatabase[dict[str, Any]], tmp_path: Path
    ) -> None:
        killing = await make_killing(settings, raw_database, tmp_path, "claims for good")

        outcome = await killing.run(CONTROL_KILLS, POINTS)

        assert outcome.lost > 0


def test_the_number_of_kills_gives_each_point_its_share() -> None:
    assert KILLS % len(POINTS) == 0
    assert KILLS >= 100
