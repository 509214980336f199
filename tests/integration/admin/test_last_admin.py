"""There is always an administrator left, whoever takes whose administration away and at whatever moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.api.paths import API_PREFIX
from app.api.preconditions import IfMatch
from app.auth.admin_repository import AdminRepository
from app.auth.administration import Administration
from app.auth.errors import LastAdminError
from app.core.settings import Settings
from app.data.audit import Actor
from app.data.locks import Locks
from app.data.store import Store
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL, SignIn
from tests.factories.users import insert_user
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import USERS, RawDatabase, SignInAsAdmin, audit_of, id_of
from tests.waiting import until

ME = f"{API_PREFIX}/me"
# How long a transaction waits for the other one to come as far; many times what that takes where nothing stops it.
MEETING_SECONDS = 0.5
ROUNDS = 8


@pytest.fixture
async def elsewhere(
    app: FastAPI, settings: Settings, clock: FakeClock, inspection: Inspection
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another process, which shares nothing with the first one but its servers."""
    other = create_app(settings, clock=clock, listeners=[inspection])
    transport = httpx.ASGITransport(other)
    async with (
        other.router.lifespan_context(other),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
    ):
        yield client


@pytest.fixture
async def other(sign_in_as_admin: SignInAsAdmin, elsewhere: httpx.AsyncClient) -> httpx.AsyncClient:
    """A second administrator, at the other process."""
    signed_in = await sign_in_as_admin("other@example.com")
    elsewhere.headers["Authorization"] = signed_in.headers["Authorization"]
    return elsewhere


@pytest.fixture
def _meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two transactions look for another administrator before either goes on, unless something keeps them apart."""
    look, came = AdminRepository.has_other_acting_admin, set[UUID]()

    async def look_and_wait(repository: AdminRepository, user_id: UUID, session: Any) -> bool:
        found = await look(repository, user_id, session)
        came.add(user_id)
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(came) == 2, deadline_seconds=MEETING_SECONDS)
        return found

    monkeypatch.setattr(AdminRepository, "has_other_acting_admin", look_and_wait)


async def count_admins(database: RawDatabase) -> int:
    return await database["users"].count_documents({"role": "admin", "is_disabled": False, "deleted_at": None})


async def demote_each_other(root: httpx.AsyncClient, other: httpx.AsyncClient) -> list[int]:
    root_id, other_id = await id_of(root), await id_of(other)
    answers = await asyncio.gather(
        root.patch(f"{USERS}/{other_id}", json={"role": "user"}),
        other.patch(f"{USERS}/{root_id}", json={"role": "user"}),
    )
    return sorted(answer.status_code for answer in answers)


class TestTheLastAdministrator:
    @pytest.mark.parametrize("patch", [{"role": "user"}, {"disabled": True}, {"role": "user", "disabled": True}])
    async def test_is_neither_demoted_nor_disabled(self, root: httpx.AsyncClient, patch: dict[str, object]) -> None:
        answer = await root.patch(f"{USERS}/{await id_of(root)}", json=patch)

        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-admin")
        assert (await root.get(USERS)).status_code == 200  # nothing has ended
        assert await audit_of(root) == []

    async def test_cannot_erase_the_account(self, root: httpx.AsyncClient) -> None:
        answer = await root.delete(ME)

        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-admin")
        assert (await root.get(ME)).status_code == 200

    async def test_is_last_although_there_is_a_disabled_one(
        self, root: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await insert_user(raw_database, role="admin", is_disabled=True)

        assert (await root.patch(f"{USERS}/{await id_of(root)}", json={"role": "user"})).status_code == 409

    async def test_is_last_although_another_one_is_being_erased(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        await insert_user(raw_database, role="admin", deleted_at=clock.now())

        assert (await root.patch(f"{USERS}/{await id_of(root)}", json={"role": "user"})).status_code == 409


class TestAnAdministratorBesideAnother:
    async def test_may_step_down(
        self, root: httpx.AsyncClient, other: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        assert (await root.patch(f"{USERS}/{await id_of(root)}", json={"role": "user"})).status_code == 200
        assert await count_admins(raw_database) == 1

    async def test_may_erase_the_account(
        self, root: httpx.AsyncClient, other: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        assert (await root.delete(ME)).status_code == 202
        assert (await other.delete(ME)).status_code == 409

    async def test_who_is_disabled_may_be_demoted(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, sign_in: SignIn
    ) -> None:
        disabled = await insert_user(raw_database, role="admin", is_disabled=True)

        assert (await root.patch(f"{USERS}/{disabled}", json={"role": "user"})).status_code == 200


class TestTwoWhoDemoteEachOther:
    @pytest.mark.usefixtures("_meeting")
    async def test_at_the_same_moment_on_two_processes_leave_one(
        self, root: httpx.AsyncClient, other: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        assert await demote_each_other(root, other) == [200, 409]
        assert await count_admins(raw_database) == 1
        assert await raw_database["audit"].count_documents({}) == 1

    @pytest.mark.usefixtures("_meeting")
    async def test_would_leave_nobody_without_the_lock(
        self,
        root: httpx.AsyncClient,
        other: httpx.AsyncClient,
        raw_database: RawDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The control: what the test before shows is the lock's doing."""

        async def take_nothing(*_: object) -> None:
            pass

        monkeypatch.setattr(Locks, "take", take_nothing)

        assert await demote_each_other(root, other) == [200, 200]
        assert await count_admins(raw_database) == 0

    async def test_again_and_again_leave_one_each_time(
        self, root: httpx.AsyncClient, other: httpx.AsyncClient, raw_database: RawDatabase, sign_in: SignIn
    ) -> None:
        for _ in range(ROUNDS):
            first, second = await demote_each_other(root, other)
            # Whoever was demoted before the request arrived is no administrator any more.
            assert (first, second in {401, 409}) == (200, True)
            assert await count_admins(raw_database) == 1
            await raw_database["users"].update_many({}, {"$set": {"role": "admin"}})
            for client, email in ((root, "root@example.com"), (other, "other@example.com")):
                client.headers["Authorization"] = (await sign_in(email)).headers["Authorization"]


class TestOneWhoIsErasedWhileTheOtherIsDisabled:
    @pytest.mark.usefixtures("_meeting")
    async def test_leaves_one(
        self, root: httpx.AsyncClient, other: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        other_id = await id_of(other)

        answers = await asyncio.gather(root.delete(ME), root.patch(f"{USERS}/{other_id}", json={"disabled": True}))

        assert sorted(answer.status_code for answer in answers) in ([200, 409], [202, 409])
        assert await count_admins(raw_database) == 1


class TestACommand:
    async def test_is_held_to_the_same(self, store: Store, raw_database: RawDatabase) -> None:
        only = await insert_user(raw_database, role="admin")

        with pytest.raises(LastAdminError):
            await Administration(store).change(Actor("cli", name="me"), only, {"role": "user"}, IfMatch(None))

        assert await count_admins(raw_database) == 1
