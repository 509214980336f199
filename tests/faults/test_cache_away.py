"""The cache server is never required: without it the service is degraded and answers."""

import httpx

from tests.faults.conftest import Victim, eventually, seconds_of

# The deadline of a call to the cache is a quarter of a second; the rest is for a machine that is busy.
PROMPTLY_SECONDS = 2.0


class TestACacheThatIsThere:
    """The control."""

    async def test_is_reported_as_well(self, service: httpx.AsyncClient) -> None:
        assert (await service.get("/readyz")).json() == {"status": "ready", "mongodb": "ok", "redis": "ok"}


class TestACacheThatIsAway:
    async def test_degrades_the_service_until_it_is_back(
        self, service: httpx.AsyncClient, cache_victim: Victim
    ) -> None:
        await cache_victim.kill()

        answer, seconds = await seconds_of(service.get("/readyz"))

        assert answer.status_code == 200
        assert answer.json() == {"status": "degraded", "mongodb": "ok", "redis": "degraded"}
        assert seconds < PROMPTLY_SECONDS
        assert (await service.post("/api/v1/tasks", json={"title": "Buy milk"})).status_code == 201
        assert len((await service.get("/api/v1/tasks")).json()["items"]) == 1

        await cache_victim.start()
        await eventually(lambda: service.get("/readyz"), 200)
        assert (await service.get("/readyz")).json()["status"] == "ready"

    async def test_degrades_the_service_in_time_when_it_is_frozen(
        self, service: httpx.AsyncClient, cache_victim: Victim
    ) -> None:
        await service.get("/readyz")
        cache_victim.freeze()

        answer, seconds = await seconds_of(service.get("/readyz"))
        cache_victim.thaw()

        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert seconds < PROMPTLY_SECONDS
        assert (await service.get("/readyz")).json()["status"] == "ready"
