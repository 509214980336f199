"""Who answers: a secondary what the cache has not and the secondary has, the primary everything else."""

import asyncio
from typing import Any

import pytest

from tests.integration.replica_reads.conftest import OpenService, Replicated, Service
from tests.replica_set import ReplicaSet

pytestmark = pytest.mark.usefixtures("patient")


async def add_a_list(service: Service) -> dict[str, Any]:
    answer = await service.client.post("/api/v1/lists", json={"name": "Groceries"})
    answer.raise_for_status()
    created: dict[str, Any] = answer.json()
    return created


class TestASecondaryThatIsCurrent:
    async def test_answers_all_that_may_be_cached(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service("prompt")
        control = await open_service("prompt", is_on=False, like=service)
        task, groceries = await service.add("Buy milk"), await add_a_list(service)
        await replicated("prompt", service)
        paths = (
            *("/tasks", "/tasks?q=milk", f"/tasks/{task['id']}", "/tasks/stats", "/labels"),
            *("/lists", f"/lists/{groceries['id']}", "/me"),
        )
        for number, path in enumerate(paths, 1):
            await service.forget_answers()
            service.commands.sent.clear()

            answer = await service.client.get(f"/api/v1{path}")

            assert answer.status_code == 200
            assert service.commands.addresses() == {replica_set.address("prompt")}, path
            assert service.count("secondary") == number
            await control.forget_answers()
            assert answer.json() == (await control.client.get(f"/api/v1{path}")).json()

    async def test_fills_the_cache_with_its_answer(self, open_service: OpenService, replicated: Replicated) -> None:
        service = await open_service("prompt")
        await service.add("Buy milk")
        await replicated("prompt", service)

        first = await service.client.get("/api/v1/tasks")
        service.commands.sent.clear()
        second = await service.client.get("/api/v1/tasks")

        assert service.count("secondary") == 1
        assert service.commands.sent == []
        assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])

    async def test_answers_nothing_else(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service("prompt")
        task = await service.add("Buy milk")
        await replicated("prompt", service)
        service.commands.sent.clear()
        client = service.client

        await client.get("/api/v1/sync")
        await client.get("/api/v1/me/sessions")
        await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "Buy bread"})
        await client.post("/api/v1/tasks", json={"title": "Buy tea"}, headers={"Idempotency-Key": "tea"})
        await client.post("/api/v1/tasks", json={"title": "Buy tea"}, headers={"Idempotency-Key": "tea"})
        await client.post("/api/v1/auth/dev/login", json={"email": "other@example.com"})
        await service.app.state.cache.redis.execute_command("FLUSHALL")
        await client.get("/api/v1/tasks")  # of a session that the cache does not know

        assert service.commands.sent
        assert service.commands.addresses() == {replica_set.address("primary")}
        assert service.count("secondary") == 0

    async def test_is_read_by_many_requests_at_once(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service("prompt")
        await service.add("Buy milk")
        await replicated("prompt", service)
        service.commands.sent.clear()

        answers = await asyncio.gather(
            *(service.client.get(f"/api/v1/tasks?limit={limit}") for limit in range(1, 21)),
            service.client.get("/api/v1/tasks/stats"),
        )

        assert {answer.status_code for answer in answers} == {200}
        assert service.commands.addresses() == {replica_set.address("prompt")}
        assert service.count("secondary") == len(answers)

    async def test_stays_usable_when_requests_are_given_up(
        self, open_service: OpenService, replicated: Replicated
    ) -> None:
        service = await open_service("prompt")
        await service.add("Buy milk")
        await replicated("prompt", service)
        for milliseconds in range(12):
            request = asyncio.create_task(service.client.get(f"/api/v1/tasks/stats?{milliseconds}"))
            await asyncio.wait([request], timeout=milliseconds / 1000)
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)

        assert (await service.client.get("/api/v1/tasks")).json()["items"][0]["title"] == "Buy milk"
        assert service.count("failed") == 0


class TestASecondaryThatIsBehind:
    async def test_is_asked_and_left_for_the_primary(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service("lagging")
        await replicated("lagging", service)
        async with replica_set.holding("lagging"):
            await service.add("Buy milk")
            service.commands.sent.clear()

            answer = await service.client.get("/api/v1/tasks")

        assert [task["title"] for task in answer.json()["items"]] == ["Buy milk"]
        assert service.commands.sent == [
            ("find", "users", replica_set.address("lagging")),
            ("find", "tasks", replica_set.address("primary")),
        ]
        assert (service.count("behind"), service.count("secondary")) == (1, 0)

    async def test_is_told_from_one_that_is_current_by_the_user_alone(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        """Nothing of this user's has changed since, whatever others did."""
        service, other = await open_service("lagging"), await open_service("lagging")
        await service.add("Buy milk")
        await replicated("lagging", service)
        async with replica_set.holding("lagging"):
            await other.add("Buy bread")
            service.commands.sent.clear()

            answer = await service.client.get("/api/v1/tasks")

        assert [task["title"] for task in answer.json()["items"]] == ["Buy milk"]
        assert service.commands.addresses() == {replica_set.address("lagging")}


class TestSeveralSecondaries:
    async def test_are_each_asked_and_each_request_stays_with_one(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service()
        await replicated("prompt", service)
        await replicated("lagging", service)
        asked = set()
        async with replica_set.holding("lagging"):  # whoever changed over to it would wait in vain
            for limit in range(1, 31):
                service.commands.sent.clear()
                await service.client.get(f"/api/v1/tasks?limit={limit}")
                (address,) = service.commands.addresses()
                asked.add(address)

        assert asked == {replica_set.address("prompt"), replica_set.address("lagging")}
        assert service.count("secondary") == 30


class TestTheSwitchOff:
    async def test_sends_everything_to_the_primary_whatever_the_url_prefers(
        self, open_service: OpenService, replicated: Replicated, replica_set: ReplicaSet
    ) -> None:
        service = await open_service("prompt", is_on=False)
        task = await service.add("Buy milk")
        await replicated("prompt", service)

        for path in ("/tasks", f"/tasks/{task['id']}", "/tasks/stats", "/labels", "/lists", "/me", "/sync"):
            assert (await service.client.get(f"/api/v1{path}")).status_code == 200

        assert service.commands.addresses() == {replica_set.address("primary")}
