"""`taskfleet worker` tells what is due, and leaves nothing claimed when it ends."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo import MongoClient

from app.data.outbox import OutboxEntry, occurrence_of
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import find_free_port
from tests.integration.life.connection import ask_once
from tests.integration.life.test_worker import GRACE_SECONDS, RawDatabase, working
from tests.integration.local_stack.local_process import run_taskfleet
from tests.integration.local_stack.processes import wait_until

REMINDERS = 300


@pytest.fixture
def settings(settings: dict[str, str]) -> dict[str, str]:
    """A worker of notifications alone."""
    own = {"TASKFLEET_ENABLED_MODULES": "notifications", "TASKFLEET_METRICS_PORT": str(find_free_port())}
    return settings | own | {"TASKFLEET_JWKS_URL": "http://127.0.0.1:9/"}


@pytest.fixture
def database(settings: dict[str, str], mongo: EmbeddedMongo) -> Iterator[RawDatabase]:
    """A database that was migrated, with reminders that are due."""
    assert run_taskfleet("migrate", **settings).returncode == 0
    with MongoClient[dict[str, Any]](mongo.url, uuidRepresentation="standard") as client:
        database = client[settings["TASKFLEET_MONGO_DATABASE"]]
        for name in ("users", "outbox", "notifications"):
            database[name].delete_many({})
        plan_reminders(database)
        yield database
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def plan_reminders(database: RawDatabase) -> None:
    now = datetime.now(UTC)
    user_ids = [uuid4() for _ in range(20)]
    database["users"].insert_many(
        [
            {
                "_id": user_id,
                "name": "Ann",
                "role": "user",
                "timezone": "UTC",
                "locale": "en",
                "is_disabled": False,
                "revision": 0,
                "revision_marks": [],
                "task_count": 0,
            }
            for user_id in user_ids
        ]
    )
    for number in range(REMINDERS):
        content = {"title": "Buy milk", "due": None, "due_at": None}
        user_id = user_ids[number % len(user_ids)]
        entry = OutboxEntry(user_id, "reminder", str(UUID(int=number)), now, content, occurrence_of(now))
        database["outbox"].insert_one(
            {"_id": entry.entry_id, "user_id": user_id, **entry.to_fields(), **entry.to_initial_fields()}
        )


def count_told(database: RawDatabase) -> int:
    return database["notifications"].count_documents({})


class TestRemindersThatAreDue:
    def test_are_told_by_two_workers_together(self, settings: dict[str, str], database: RawDatabase) -> None:
        other = settings | {"TASKFLEET_METRICS_PORT": str(find_free_port())}
        with working(settings) as (first, url), working(other) as (second, _):
            wait_until(lambda: count_told(database) == REMINDERS, "all are told")
            assert 'taskfleet_outbox_dispatched_total{kind="reminder"}' in ask_once(url, "/metrics").body
            for process in (first, second):
                process.send_signal(signal.SIGTERM)
                assert process.wait(GRACE_SECONDS) == 0
        assert database["outbox"].count_documents({}) == 0


class TestAWorkerThatIsToldToEnd:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_finishes_what_it_is_at_and_leaves_the_rest_unclaimed(
        self, settings: dict[str, str], database: RawDatabase, number: signal.Signals
    ) -> None:
        slow = {"failCommands": ["commitTransaction"], "appName": "taskfleet", "blockConnection": True}
        slow["blockTimeMS"] = 200
        database.client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": slow})
        with working(settings) as (process, _):
            wait_until(lambda: count_told(database) > 0, "the first is told")
            process.send_signal(number)
            assert process.wait(GRACE_SECONDS) == 0

        told, left = count_told(database), database["outbox"].count_documents({})
        assert left > 0
        assert told + left == REMINDERS
        assert database["outbox"].count_documents({"claim": {"$exists": True}}) == 0
