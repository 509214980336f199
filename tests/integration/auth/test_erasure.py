"""Erasing an account: what ends at once, what follows, and who finishes it after a crash."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.api.preconditions import IfMatch
from app.auth import erasure as erasure_module
from app.auth.erasure import Erasure
from app.auth.identities import IdentityRepository
from app.auth.session_repository import SessionRepository
from app.auth.sign_in import ProvenIdentity, SignIn
from app.auth.users import UserRepository
from app.core.errors import UnauthenticatedError
from app.data.leases import Leases
from app.data.outbox import Outbox
from app.data.store import Store
from tests.fakes.clock import FakeClock
from tests.integration.auth.conftest import LogIn, RawDatabase

ME = "/api/v1/me"
DEADLINE_SECONDS = 10


async def until(is_done: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            outcome = is_done()
            if outcome if isinstance(outcome, bool) else await outcome:
                return
            await asyncio.sleep(0.01)


async def count_all(database: RawDatabase) -> dict[str, int]:
    """Documents by collection, without the shared ones and those that are empty."""
    names = set(await database.list_collection_names()) - {"migrations", "leases"}
    counts = {name: await database[name].count_documents({}) for name in names}
    return {name: count for name, count in counts.items() if count}


class TestErasingOnesAccount:
    async def test_is_answered_with_202(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.delete(ME)
        assert (answer.status_code, answer.json()) == (202, {"status": "erasing"})

    async def test_ends_every_session_at_once(self, ann: httpx.AsyncClient, log_in: LogIn) -> None:
        other = (await log_in("ann@example.com")).json()
        await ann.delete(ME)
        assert (await ann.get(ME)).status_code == 401
        assert (await ann.delete(ME)).status_code == 401
        bearer = {"Authorization": f"Bearer {other['access_token']}"}
        assert (await ann.get(ME, headers=bearer)).status_code == 401
        body = {"refresh_token": other["refresh_token"]}
        assert (await ann.post("/api/v1/auth/refresh", json=body)).status_code == 401

    async def test_leaves_nothing_behind(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        key = {"Idempotency-Key": "once"}
        assert (await ann.post("/api/v1/tasks", json={"title": "Mine"}, headers=key)).status_code == 201
        assert (await ann.post("/api/v1/lists", json={"name": "Mine"})).status_code == 201
        token = {"name": "Mine", "scopes": ["tasks:read"]}
        assert (await ann.post("/api/v1/me/tokens", json=token)).status_code == 201
        assert (await count_all(raw_database)).keys() == {
            "users",
            "identities",
            "sessions",
            "api_tokens",
            "tasks",
            "lists",
            "idempotency",
            "outbox",
        }
        await ann.delete(ME)
        await until(lambda: _is_empty(raw_database))

    async def test_leaves_others_alone(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await bob.post("/api/v1/tasks", json={"title": "His"})
        before = await count_all(raw_database)
        await ann.delete(ME)

        async def is_gone() -> bool:
            return await raw_database["users"].count_documents({}) == 1

        await until(is_gone)
        assert await count_all(raw_database) == before | {"users": 1, "identities": 2, "sessions": 1, "outbox": 1}
        assert len((await bob.get("/api/v1/tasks")).json()["items"]) == 1

    async def test_lets_the_same_identity_make_a_new_one(self, ann: httpx.AsyncClient, log_in: LogIn) -> None:
        old = (await ann.get(ME)).json()
        await ann.patch(ME, json={"settings": {"theme": "dark"}})
        await ann.delete(ME)
        answer = await log_in("ann@example.com")
        new = (await ann.get(ME, headers={"Authorization": f"Bearer {answer.json()['access_token']}"})).json()
        assert new["email"] == old["email"]
        assert new["id"] != old["id"]
        assert (new["settings"], new["revision"]) == ({}, 0)

    async def test_takes_the_cookies_from_a_browser(self, log_in: LogIn, browser: httpx.AsyncClient) -> None:
        await log_in(via=browser)
        assert (await browser.delete(ME)).status_code == 202
        assert not browser.cookies

    async def test_is_refused_when_the_account_is_not_what_the_caller_saw(self, ann: httpx.AsyncClient) -> None:
        old = (await ann.get(ME)).headers["ETag"]
        current = await ann.patch(ME, json={"name": "Anna"})
        answer = await ann.delete(ME, headers={"If-Match": old})
        assert (answer.status_code, answer.json()["current"]) == (412, current.json())
        answer = await ann.delete(ME, headers={"If-Match": current.headers["ETag"]})
        assert answer.status_code == 202

    async def test_twice_at_once_erases_once(self, ann: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(ann.delete(ME) for _ in range(5)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses[0] == 202
        assert set(statuses[1:]) == {401}


class Crashing:
    """An eraser that fails until it is told not to."""

    def __init__(self) -> None:
        self.is_broken = True
        self.calls: list[UUID] = []

    async def __call__(self, user_id: UUID) -> None:
        self.calls.append(user_id)
        if self.is_broken:
            raise RuntimeError("the process dies here")


@pytest.fixture
def eraser() -> Crashing:
    """What another feature holds of its users."""
    return Crashing()


@pytest.fixture
def erasure(store: Store, eraser: Crashing) -> Erasure:
    """Erasure whose eraser crashes."""
    database = store.database
    repositories = UserRepository(database), IdentityRepository(database), SessionRepository(database)
    return Erasure(store, *repositories, [Outbox(database).erase_user, eraser])


@pytest.fixture
async def user_id(store: Store) -> UUID:
    """A user."""
    sign_in = SignIn(store, UserRepository(store.database), IdentityRepository(store.database), [])
    user = await sign_in.sign_in(ProvenIdentity("google", "ada-1815", "ada@example.org", "Ada"))
    return user.user_id


class TestACrashInTheMiddle:
    async def test_leaves_an_account_that_has_ended_and_waits(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        await erasure.begin(user_id, IfMatch(None))
        await until(lambda: bool(eraser.calls))
        assert await count_all(raw_database) == {"users": 1}
        with pytest.raises(UnauthenticatedError):
            await erasure.begin(user_id, IfMatch(None))

    async def test_is_finished_by_the_next_sweep(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        await erasure.begin(user_id, IfMatch(None))
        await until(lambda: bool(eraser.calls))
        await erasure.sweep()
        assert await count_all(raw_database) == {"users": 1}  # the control: it is the eraser that it waits for
        eraser.is_broken = False
        await erasure.sweep()
        assert await count_all(raw_database) == {}
        await erasure.sweep()
        assert eraser.calls == [user_id] * 3

    async def test_ends_a_session_that_was_begun_meanwhile(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        await erasure.begin(user_id, IfMatch(None))
        await raw_database["sessions"].insert_one({"user_id": user_id})
        eraser.is_broken = False
        await erasure.sweep()
        assert await count_all(raw_database) == {}

    async def test_before_the_account_has_ended_changes_nothing(
        self, erasure: Erasure, user_id: UUID, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def crash(*arguments: object) -> None:
            raise RuntimeError("the process dies here")

        before = await count_all(raw_database)
        monkeypatch.setattr(SessionRepository, "delete_all", crash)
        with pytest.raises(RuntimeError):
            await erasure.begin(user_id, IfMatch(None))
        assert await count_all(raw_database) == before


class TestTheJanitor:
    async def test_finishes_what_a_crash_left_as_soon_as_it_starts(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        await erasure.begin(user_id, IfMatch(None))
        await until(lambda: bool(eraser.calls))
        eraser.is_broken = False
        async with erasure.run_janitor():
            await until(lambda: _is_empty(raw_database))

    async def test_looks_again_and_again(
        self,
        erasure: Erasure,
        eraser: Crashing,
        user_id: UUID,
        raw_database: RawDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(erasure_module, "_PERIOD_SECONDS", 0.01)
        await erasure.begin(user_id, IfMatch(None))
        async with erasure.run_janitor():
            await until(lambda: len(eraser.calls) > 3)
            eraser.is_broken = False
            await until(lambda: _is_empty(raw_database))

    async def test_survives_a_failing_sweep(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(erasure_module, "_PERIOD_SECONDS", 0.01)
        sweeps = 0

        async def fail(users: UserRepository, limit: int) -> list[UUID]:
            nonlocal sweeps
            sweeps += 1
            raise RuntimeError("the database is away")

        monkeypatch.setattr(UserRepository, "find_erased", fail)
        async with erasure.run_janitor():
            await until(lambda: sweeps > 2)

    async def test_leaves_the_work_to_another_process_that_is_at_it(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, store: Store, clock: FakeClock
    ) -> None:
        await erasure.begin(user_id, IfMatch(None))
        await until(lambda: bool(eraser.calls))
        async with Leases(store.database, clock).hold("erase-accounts", timedelta(minutes=1)):
            await erasure.sweep()
        assert len(eraser.calls) == 1
        await erasure.sweep()
        assert len(eraser.calls) == 2

    async def test_stops_with_the_process(self, erasure: Erasure) -> None:
        before = tasks_of_erasure()
        async with erasure.run_janitor():
            assert len(tasks_of_erasure()) == len(before) + 1
        assert tasks_of_erasure() == before

    async def test_lets_what_it_is_at_come_to_its_end(
        self, erasure: Erasure, eraser: Crashing, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        eraser.is_broken = False
        async with erasure.run_janitor():
            await erasure.begin(user_id, IfMatch(None))
        assert await count_all(raw_database) == {}

    async def test_gives_up_what_does_not_come_to_its_end(
        self, store: Store, user_id: UUID, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(erasure_module, "_STOP_SECONDS", 0.05)
        is_begun = asyncio.Event()

        async def hang(_: UUID) -> None:
            is_begun.set()
            await asyncio.Event().wait()

        database = store.database
        repositories = UserRepository(database), IdentityRepository(database), SessionRepository(database)
        erasure, before = Erasure(store, *repositories, [Outbox(database).erase_user, hang]), tasks_of_erasure()
        async with erasure.run_janitor():
            await erasure.begin(user_id, IfMatch(None))
            await is_begun.wait()
            assert len(tasks_of_erasure()) == len(before) + 2
        assert tasks_of_erasure() == before
        assert await count_all(raw_database) == {"users": 1}


def tasks_of_erasure() -> set[asyncio.Task[object]]:
    """What runs in the background; the app of other tests may have a janitor of its own."""
    return {task for task in asyncio.all_tasks() if "Erasure." in repr(task.get_coro())}


async def _is_empty(database: RawDatabase) -> bool:
    return not await count_all(database)
