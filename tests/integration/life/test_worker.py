"""`taskfleet worker`: background work without an API, which neither SIGTERM nor kill -9 can lose."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from app.data.migrations import MIGRATIONS
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK
from tests.integration.life.connection import ask_once
from tests.integration.local_stack.local_process import clean_environment, run_taskfleet
from tests.integration.local_stack.processes import wait_until
from tests.ports import find_free_port

# An account takes about ten deletions; with so many accounts a worker is at it for a while.
ACCOUNTS = 40
# The grace that orchestrators give by default is three times as long.
GRACE_SECONDS = 10

RawDatabase = Database[dict[str, Any]]


@pytest.fixture
def settings(settings: dict[str, str]) -> dict[str, str]:
    """Those of an operator who has no signing key at hand, and needs none here."""
    production = {"TASKFLEET_PROFILE": "production", "TASKFLEET_PUBLIC_URL": "https://tasks.example"}
    del settings["TASKFLEET_JWT_PRIVATE_KEY_FILE"]
    return settings | production | {"TASKFLEET_METRICS_PORT": str(find_free_port())}


@pytest.fixture
def database(settings: dict[str, str], mongo: EmbeddedMongo) -> Iterator[RawDatabase]:
    """A database that was migrated and is empty."""
    with MongoClient[dict[str, Any]](mongo.url, uuidRepresentation="standard") as client:
        database = client[settings["TASKFLEET_MONGO_DATABASE"]]
        if MIGRATIONS.name not in database.list_collection_names():
            assert run_taskfleet("migrate", **settings).returncode == 0
        for name in ("users", "tasks", "leases"):
            database[name].delete_many({})
        yield database
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def interrupt_erasures(database: RawDatabase, count: int) -> list[UUID]:
    """Leave accounts as a process does that dies just after it has promised to erase them."""
    ids = [uuid4() for _ in range(count)]
    deleted_at = datetime.now(UTC)
    database["users"].insert_many([{"_id": user_id, "deleted_at": deleted_at, "revision": 3} for user_id in ids])
    database["tasks"].insert_many([{"_id": uuid4(), "user_id": user_id} for user_id in ids for _ in range(3)])
    return ids


def slow_down(database: RawDatabase, milliseconds: int = 50) -> None:
    """Make each deletion of the service take its time."""
    target = {
        "failCommands": ["delete"],
        "appName": "taskfleet",
        "blockConnection": True,
        "blockTimeMS": milliseconds,
    }
    database.client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": target})


def count_left(database: RawDatabase) -> int:
    return database["users"].count_documents({})


@contextmanager
def working(settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`taskfleet worker` from its start to the end of the block, with the address of its probes."""
    command = [sys.executable, "-m", "app.cli", "worker"]
    with subprocess.Popen(command, env=clean_environment(**settings), stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://{LOOPBACK}:{settings['TASKFLEET_METRICS_PORT']}"
            wait_until(lambda: answers(url), "the worker answers")
            yield process, url
        finally:
            process.kill()


def answers(url: str) -> bool:
    try:
        return ask_once(url, "/livez").status == 200
    except OSError:
        return False


class TestAnErasureThatWasInterrupted:
    def test_is_finished_by_a_worker_alone(self, settings: dict[str, str], database: RawDatabase) -> None:
        interrupt_erasures(database, 5)
        with working(settings) as (process, _):
            wait_until(lambda: count_left(database) == 0, "the accounts are erased")
            assert database["tasks"].count_documents({}) == 0
            process.send_signal(signal.SIGTERM)
            assert process.wait(GRACE_SECONDS) == 0

    def test_is_left_by_a_worker_of_other_modules(self, settings: dict[str, str], database: RawDatabase) -> None:
        """The control: nobody else is at it."""
        interrupt_erasures(database, 5)
        with working(settings | {"TASKFLEET_ENABLED_MODULES": "tasks,notifications"}) as (process, _):
            process.send_signal(signal.SIGTERM)
            assert process.wait(GRACE_SECONDS) == 0
        assert count_left(database) == 5


class TestSeveralWorkers:
    def test_share_the_work_without_complaint(self, settings: dict[str, str], database: RawDatabase) -> None:
        interrupt_erasures(database, 5)
        other = settings | {"TASKFLEET_METRICS_PORT": str(find_free_port())}
        with working(settings) as (first, _), working(other) as (second, _):
            wait_until(lambda: count_left(database) == 0, "the accounts are erased")
            for process in (first, second):
                process.send_signal(signal.SIGTERM)
                assert process.wait(GRACE_SECONDS) == 0


class TestAWorkerInTheMiddleOfItsWork:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_finishes_the_account_at_hand_and_ends(
        self, settings: dict[str, str], database: RawDatabase, number: signal.Signals
    ) -> None:
        interrupt_erasures(database, ACCOUNTS)
        slow_down(database)
        with working(settings) as (process, _):
            wait_until(lambda: count_left(database) < ACCOUNTS, "the first account is erased")
            process.send_signal(number)
            assert process.wait(GRACE_SECONDS) == 0

        left = count_left(database)
        assert 0 < left < ACCOUNTS
        # Of those that are left, nothing was taken: none was left half-way.
        assert database["tasks"].count_documents({}) == 3 * left
        assert database["leases"].count_documents({}) == 0

    def test_ends_at_once_at_a_second_signal(self, settings: dict[str, str], database: RawDatabase) -> None:
        interrupt_erasures(database, 1)
        slow_down(database, milliseconds=3_000)
        with working(settings) as (process, url):
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_ending(url), "the worker has heard of its end")
            process.send_signal(signal.SIGTERM)
            assert process.wait(GRACE_SECONDS) == -signal.SIGTERM

    def test_loses_nothing_when_it_is_killed(self, settings: dict[str, str], database: RawDatabase) -> None:
        interrupt_erasures(database, ACCOUNTS)
        slow_down(database)
        with working(settings) as (process, _):
            wait_until(lambda: count_left(database) < ACCOUNTS, "the first account is erased")
            process.kill()
            process.wait()
        assert count_left(database) > 0
        database.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        # As if the minute had passed in which nobody else may.
        database["leases"].update_many({}, {"$set": {"expires_at": datetime.fromtimestamp(0, UTC)}})

        with working(settings):
            wait_until(lambda: count_left(database) == 0, "the accounts are erased")
        assert database["tasks"].count_documents({}) == 0


def is_ending(url: str) -> bool:
    return "\ntaskfleet_draining 1.0\n" in ask_once(url, "/metrics").body


class TestTheProbesOfAWorker:
    def test_tell_that_it_lives_and_is_ready(self, settings: dict[str, str], database: RawDatabase) -> None:
        with working(settings) as (_, url):
            assert ask_once(url, "/livez").body == {"status": "alive"}
            ready = ask_once(url, "/readyz")
            assert (ready.status, ready.body) == (200, {"status": "ready", "mongodb": "ok"})
            assert "\ntaskfleet_build_info{" in ask_once(url, "/metrics").body
            assert ask_once(url, "/api/v1/auth/providers").status == 404

    def test_tell_that_mongodb_is_away(self, settings: dict[str, str]) -> None:
        away = f"mongodb://{LOOPBACK}:{find_free_port()}/?replicaSet=taskfleet"
        with working(settings | {"TASKFLEET_MONGO_URL": away}) as (process, url):
            assert ask_once(url, "/livez").status == 200
            assert ask_once(url, "/readyz").status == 503
            process.send_signal(signal.SIGTERM)
            assert process.wait(2 * GRACE_SECONDS) == 0


class TestAWorkerThatCannotStart:
    @pytest.mark.parametrize(
        ("variable", "value", "complaint"),
        [
            ("TASKFLEET_MONGO_URL", "postgres://db", "TASKFLEET_MONGO_URL is no connection string"),
            ("TASKFLEET_MONGO_URL", "mongodb://db/?w=1", "TASKFLEET_MONGO_URL: a change is acknowledged"),
            ("TASKFLEET_REDIS_URL", "http://cache", "TASKFLEET_REDIS_URL cannot be read"),
            ("TASKFLEET_PUBLIC_URL", "http://tasks.example", "TASKFLEET_PUBLIC_URL must be https"),
        ],
    )
    def test_says_why_in_one_line(self, settings: dict[str, str], variable: str, value: str, complaint: str) -> None:
        result = run_taskfleet("worker", **settings | {variable: value})
        assert (result.returncode, result.stdout) == (2, "")
        assert complaint in result.stderr
        assert len(result.stderr.splitlines()) == 1
