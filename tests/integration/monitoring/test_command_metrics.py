"""What is counted of commands to MongoDB and of its connections, on either driver."""

import asyncio
import math
from collections.abc import AsyncIterator

import motor.frameworks.asyncio
import pymongo
import pytest
from pydantic import SecretStr

from app.bootstrap import open_store
from app.core.metrics import Metrics
from app.core.settings import Settings
from app.data.command_listeners import watch_database
from app.data.database import Database
from app.data.failures import DatabaseError
from tests.conftest import FailPoint
from tests.waiting import until

OPEN = 'taskfleet_mongo_pool_connections{state="open"}'
IN_USE = 'taskfleet_mongo_pool_connections{state="in_use"}'
LIMIT = "taskfleet_mongo_pool_limit"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def database(settings: Settings, metrics: Metrics) -> AsyncIterator[Database]:
    database = Database(settings.mongo, watch_database(metrics.mongo))
    yield database
    await database.close()


def read(metrics: Metrics, series: str) -> float | None:
    """Return the value of a series as Prometheus reads it, or None if there is none."""
    lines = dict(line.rsplit(" ", 1) for line in metrics.render().decode().splitlines() if not line.startswith("#"))
    value = lines.get(series)
    return None if value is None else float(value)


def count_of(command: str, outcome: str) -> str:
    return f'taskfleet_mongo_command_seconds_count{{command="{command}",outcome="{outcome}"}}'


class TestACommand:
    async def test_is_counted_by_its_name(self, database: Database, metrics: Metrics) -> None:
        for _ in range(3):
            await database.collection("nothing").find_one({"_id": 1})

        assert read(metrics, count_of("find", "ok")) == 3
        assert read(metrics, count_of("find", "failed")) is None

    async def test_that_fails_is_counted_as_such(
        self, database: Database, metrics: Metrics, failing: FailPoint
    ) -> None:
        async with failing("find", errorCode=2):  # not once: somebody else might take it
            with pytest.raises(DatabaseError):
                await database.collection("nothing").find_one({"_id": 1})

        assert read(metrics, count_of("find", "failed")) == 1

    async def test_that_is_seldom_sent_makes_no_series_of_its_own(self, database: Database, metrics: Metrics) -> None:
        await database.command({"buildInfo": 1}, is_admin=True)
        await database.command({"ping": 1}, is_admin=True)

        assert read(metrics, count_of("other", "ok")) == 2
        assert "ping" not in metrics.render().decode()


class TestTheLimitOfConnections:
    @pytest.fixture(autouse=True)
    def few_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(motor.frameworks.asyncio, "max_workers", 10)

    @pytest.mark.parametrize(
        ("driver", "options", "limit"),
        [
            ("motor", "&maxPoolSize=7", 7),
            ("motor", "", 30),  # three times as many threads, which are fewer than the pool's 100
            ("motor", "&maxPoolSize=0", 30),
            ("pymongo", "", 100),
            ("pymongo", "&maxPoolSize=20", 20),
            ("pymongo", "&maxPoolSize=0", math.inf),
        ],
    )
    async def test_is_what_the_driver_keeps_to(
        self, settings: Settings, metrics: Metrics, driver: str, options: str, limit: float
    ) -> None:
        url = SecretStr(settings.mongo.url.get_secret_value() + options)
        mongo = settings.mongo.model_copy(update={"url": url, "driver": driver})

        async with open_store(settings.model_copy(update={"mongo": mongo}), metrics):
            assert read(metrics, LIMIT) == limit

    async def test_is_reached_and_not_exceeded(
        self, settings: Settings, metrics: Metrics, failing: FailPoint
    ) -> None:
        url = SecretStr(f"{settings.mongo.url.get_secret_value()}&maxPoolSize=3")
        mongo = settings.mongo.model_copy(update={"url": url})
        async with (
            open_store(settings.model_copy(update={"mongo": mongo}), metrics) as store,
            failing("find", blockConnection=True, blockTimeMS=300),
        ):
            collection = store.database.collection("nothing")
            asking = [asyncio.ensure_future(collection.find_one({"_id": number})) for number in range(6)]
            await until(lambda: read(metrics, IN_USE) == 3)
            seen = []
            while not all(one.done() for one in asking):
                seen.append(read(metrics, IN_USE) or 0)
                await asyncio.wait(asking, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)

        assert max(seen) == read(metrics, LIMIT) == 3


class TestAConnection:
    async def test_is_counted_while_it_is_open_and_while_it_is_used(
        self, database: Database, metrics: Metrics
    ) -> None:
        await database.collection("nothing").find_one({"_id": 1})

        assert (read(metrics, OPEN) or 0) >= 1
        assert read(metrics, IN_USE) == 0

        await database.close()
        await until(lambda: read(metrics, OPEN) == 0)

    async def test_that_nobody_gives_back_in_time_is_a_failure(
        self, settings: Settings, metrics: Metrics, failing: FailPoint
    ) -> None:
        url = f"{settings.mongo.url.get_secret_value()}&maxPoolSize=1"
        database = Database(settings.mongo.model_copy(update={"url": SecretStr(url)}), watch_database(metrics.mongo))
        collection = database.collection("nothing")
        async with failing("find", blockConnection=True, blockTimeMS=400):
            first = asyncio.ensure_future(collection.find_one({"_id": 1}))
            await until(lambda: read(metrics, IN_USE) == 1)
            with pymongo.timeout(0.1), pytest.raises(DatabaseError):
                await collection.find_one({"_id": 2})
            await first
        await database.close()

        assert read(metrics, "taskfleet_mongo_pool_checkout_failures_total") == 1
        assert read(metrics, IN_USE) == 0
