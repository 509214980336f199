"""What orchestrators ask is answered within their patience, whatever is frozen behind the service."""

import time

import httpx
import pytest

from app.core.clock import SystemClock
from app.core.settings import MongoSettings
from app.data.failures import DatabaseError
from app.data.store import Store
from app.embedded.mongo import EmbeddedMongo
from tests import environment
from tests.faults.conftest import Victim, seconds_of
from tests.integration.api.problem_shape import assert_problem

# What Kubernetes gives a probe that says nothing else (`timeoutSeconds`).
PATIENCE_SECONDS = 1.0


async def assert_alive(service: httpx.AsyncClient) -> None:
    answer, seconds = await seconds_of(service.get("/livez"))
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert seconds < PATIENCE_SECONDS


class TestServersThatAreWell:
    """The control."""

    async def test_make_the_service_ready(self, service: httpx.AsyncClient) -> None:
        answer, seconds = await seconds_of(service.get("/readyz"))
        assert (answer.status_code, answer.json()["redis"]) == (200, "ok")
        assert seconds < PATIENCE_SECONDS


class TestAFrozenCacheServer:
    async def test_is_told_and_delays_nothing(self, service: httpx.AsyncClient, cache_victim: Victim) -> None:
        await service.get("/readyz")
        cache_victim.freeze()

        for _ in range(3):
            answer, seconds = await seconds_of(service.get("/readyz"))
            assert (answer.status_code, answer.json()["redis"]) == (200, "degraded")
            assert seconds < PATIENCE_SECONDS
        await assert_alive(service)


class TestAFrozenDatabase:
    async def test_makes_the_service_not_ready_within_the_time_limit(
        self, service: httpx.AsyncClient, mongo_victim: Victim
    ) -> None:
        await service.get("/readyz")
        mongo_victim.freeze()

        for _ in range(3):
            answer, seconds = await seconds_of(service.get("/readyz"))
            assert_problem(answer, 503)
            assert seconds < PATIENCE_SECONDS
        await assert_alive(service)

    async def test_would_take_longer_to_notice_by_itself(
        self, mongo_victim: Victim, driver_may_leak_sockets: None
    ) -> None:
        """The control: the driver's own deadlines are longer than a probe waits."""
        assert isinstance(mongo_victim.server, EmbeddedMongo)
        settings = MongoSettings(url=mongo_victim.server.url, driver=environment.mongo_driver())
        store = Store.open(settings, SystemClock())
        assert await store.is_ready_within(5)
        mongo_victim.freeze()

        started = time.monotonic()
        with pytest.raises(DatabaseError):
            await store.database.command({"hello": 1}, is_admin=True)
        seconds = time.monotonic() - started
        mongo_victim.thaw()
        await store.close()
        assert seconds > PATIENCE_SECONDS


class TestBothServersFrozen:
    async def test_are_told_within_the_time_limit(
        self, service: httpx.AsyncClient, mongo_victim: Victim, cache_victim: Victim
    ) -> None:
        await service.get("/readyz")
        mongo_victim.freeze()
        cache_victim.freeze()

        answer, seconds = await seconds_of(service.get("/readyz"))
        assert_problem(answer, 503)
        assert seconds < PATIENCE_SECONDS
        await assert_alive(service)
