"""The statistics: what they count, and how seldom."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.auth.admin_statistics import AdminStatistics
from app.auth.statistics_repository import StatisticsRepository
from app.cache.shared import SharedCache
from app.core.metrics import Metrics
from app.data.store import Store
from tests.conftest import SignIn
from tests.factories.users import insert_user
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import ADMIN, RawDatabase
from tests.shapes import looks_into_the_process

STATS = f"{ADMIN}/stats"


class Stopwatch:
    """The time by which the shared cache goes."""

    seconds = 0.0


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def _statistics_of_this_test(app: FastAPI, stopwatch: Stopwatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those of the app may still hold what another test made it count."""
    shared = SharedCache(None, Metrics().cache, now=lambda: stopwatch.seconds, draw=lambda: 0.0)
    store: Store = app.state.store
    statistics = AdminStatistics(StatisticsRepository(store.database), shared, store.clock)
    original = app.state.auth.statistics
    object.__setattr__(app.state.auth, "statistics", statistics)
    yield
    object.__setattr__(app.state.auth, "statistics", original)


@pytest.mark.usefixtures("_statistics_of_this_test")
class TestTheStatistics:
    async def test_count_users_sessions_and_tasks(
        self, root: httpx.AsyncClient, sign_in: SignIn, clock: FakeClock, raw_database: RawDatabase
    ) -> None:
        await insert_user(raw_database, role="admin", is_disabled=True)
        clock.advance(days=20)
        bob = await sign_in("bob@example.com")
        await bob.post("/api/v1/tasks", json={"title": "Milk"})
        clock.advance(days=5)
        await sign_in("carl@example.com")
        clock.advance(days=3)
        root = await sign_in("root@example.com")

        answer = await root.get(STATS)

        assert answer.status_code == 200
        assert answer.json() == {
            "users": {
                "total": 4,
                "admins": 2,
                "disabled": 1,
                "new": {"last_day": 0, "last_7_days": 1, "last_30_days": 4},
                "active": {"last_day": 1, "last_7_days": 2, "last_30_days": 3},
            },
            # Root was signed in twice, once without being an administrator.
            "sessions": {"total": 5},
            "tasks": {"total": 1},
            "counted_at": "2026-12-21T12:00:00.000Z",
        }

    @looks_into_the_process
    async def test_are_counted_once_a_minute(
        self, root: httpx.AsyncClient, sign_in: SignIn, stopwatch: Stopwatch
    ) -> None:
        first = await root.get(STATS)
        await sign_in("ann@example.com")
        stopwatch.seconds = 59.0
        same = await root.get(STATS)
        again = await root.get(STATS, headers={"If-None-Match": first.headers["ETag"]})
        stopwatch.seconds = 61.0
        later = await root.get(STATS)

        assert (same.json(), again.status_code) == (first.json(), 304)
        assert later.json()["users"]["total"] == first.json()["users"]["total"] + 1


class TestTheStatisticsOfTheService:
    async def test_are_answered(self, root: httpx.AsyncClient) -> None:
        assert (await root.get(STATS)).json().keys() == {"users", "sessions", "tasks", "counted_at"}
