"""A secondary that freezes, dies or fails costs a moment, never an answer."""

import asyncio
import itertools
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from app.data import replica_reads
from tests.integration.replica_reads.conftest import DATABASE, REPLICATION_SECONDS, OpenService, Replicated, Service
from tests.replica_set import ReplicaSet, Role
from tests.servers import fail_commands

pytestmark = pytest.mark.usefixtures("driver_may_leak_sockets")

Failing = Callable[..., AbstractAsyncContextManager[None]]

# What an answer may take beyond the patience on a machine that is busy.
BUSY_SECONDS = 2.0
REQUESTS = 12


async def ask_in_time(service: Service, title: str) -> list[float]:
    """Send requests that the cache cannot answer; return how long each took."""
    durations = []
    for limit in range(1, REQUESTS + 1):
        began = time.monotonic()
        answer = await service.client.get(f"/api/v1/tasks?limit={limit}")
        durations.append(time.monotonic() - began)
        assert answer.status_code == 200
        assert [task["title"] for task in answer.json()["items"]] == [title]
    assert max(durations) < replica_reads.PATIENCE_SECONDS + BUSY_SECONDS
    return durations


async def open_warm(role: Role, open_service: OpenService, replicated: Replicated) -> Service:
    """Open a service that has connected to the secondary and trusts it, however slow the machine is."""
    service = await open_service(role)
    await service.add("Buy milk")
    await replicated(role, service)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica_reads, "PATIENCE_SECONDS", 3.0)
        patch.setattr(replica_reads, "PAUSE_SECONDS", 0.0)
        async with asyncio.timeout(REPLICATION_SECONDS):
            for limit in range(1, 200):
                await service.client.get(f"/api/v1/lists?limit={limit}")
                if service.count("secondary"):
                    break
    service.commands.sent.clear()
    return service


@pytest.fixture
async def service(open_service: OpenService, replicated: Replicated) -> Service:
    """A service that reads on the secondary to which it happens; no write waits for that one."""
    return await open_warm("lagging", open_service, replicated)


class TestASecondaryThatIsFrozen:
    async def test_costs_one_request_its_patience_and_the_others_nothing(
        self, service: Service, replica_set: ReplicaSet
    ) -> None:
        before = service.count("failed") + service.count("paused")
        replica_set.freeze("lagging")
        try:
            durations = await ask_in_time(service, "Buy milk")
        finally:
            replica_set.thaw("lagging")

        assert durations[0] > replica_reads.PATIENCE_SECONDS
        assert service.count("failed") + service.count("paused") == before + REQUESTS


class TestASecondaryThatDies:
    async def test_is_left_alone_until_it_is_back(
        self, service: Service, replica_set: ReplicaSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await replica_set.kill("lagging")
        try:
            await ask_in_time(service, "Buy milk")
        finally:
            await replica_set.start_member("lagging")
        assert service.count("failed") >= 1

        monkeypatch.setattr(replica_reads, "PAUSE_SECONDS", 0.0)
        deadline = time.monotonic() + 30
        questions = itertools.count()
        answered = service.count("behind") + service.count("secondary")
        while service.count("behind") + service.count("secondary") == answered:
            assert time.monotonic() < deadline
            question = f"/api/v1/tasks?label={next(questions)}"
            assert (await service.client.get(question)).status_code == 200


class TestASecondaryThatFailsHalfWay:
    @pytest.fixture
    async def service(
        self, open_service: OpenService, replicated: Replicated, monkeypatch: pytest.MonkeyPatch
    ) -> Service:
        # Enough for the look-up on a machine that is busy.
        monkeypatch.setattr(replica_reads, "PATIENCE_SECONDS", 1.0)
        return await open_warm("prompt", open_service, replicated)

    @pytest.fixture
    def failing(self, replica_set: ReplicaSet) -> Failing:
        """Makes the secondary fail what follows the look-up of the user."""

        def fail(**how: Any) -> AbstractAsyncContextManager[None]:
            admin = replica_set.client("prompt").admin
            return fail_commands(admin, "find", "aggregate", namespace=f"{DATABASE}.tasks", **how)

        return fail

    @pytest.mark.parametrize(
        "how",
        [
            {"errorCode": 13},
            {"errorCode": 11600},
            {"closeConnection": True},
            {"blockConnection": True, "blockTimeMS": 2_000},
        ],
        ids=["refuses", "shuts down", "hangs up", "is slow"],
    )
    @pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/tasks/stats"])
    async def test_is_replaced_by_the_primary(
        self,
        how: dict[str, Any],
        path: str,
        service: Service,
        failing: Failing,
        replica_set: ReplicaSet,
    ) -> None:
        before, began = service.count("failed"), time.monotonic()
        async with failing(**how):
            answer = await service.client.get(path)
            seconds = time.monotonic() - began

        assert answer.status_code == 200
        assert "Buy milk" in answer.text or answer.json()["by_status"]["todo"] == 1
        assert seconds < replica_reads.PATIENCE_SECONDS + BUSY_SECONDS
        assert service.commands.addresses() == {replica_set.address("prompt"), replica_set.address("primary")}
        assert service.count("failed") == before + 1
