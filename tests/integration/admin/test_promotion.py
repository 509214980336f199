"""`ADMIN_EMAILS` makes administrators at sign-in, which the audit tells of."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.auth.sign_in import SignIn as SignInService
from app.auth.users import User
from app.core.settings import Settings, SignInSettings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL, SignIn
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import RawDatabase, id_of

SETTING = {"kind": "setting", "id": None, "name": "TASKFLEET_ADMIN_EMAILS", "email": None}


@pytest.fixture
async def promoting(
    app: FastAPI, settings: Settings, clock: FakeClock, inspection: Inspection
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a process that takes Ann for an administrator."""
    sign_in = SignInSettings(admin_emails=frozenset({"Ann@example.com"}))
    other = create_app(settings.model_copy(update={"sign_in": sign_in}), clock=clock, listeners=[inspection])
    transport = httpx.ASGITransport(other)
    async with (
        other.router.lifespan_context(other),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
    ):
        yield client


async def sign_in_at(client: httpx.AsyncClient, email: str) -> None:
    answer = await client.post("/api/v1/auth/dev/login", json={"email": email})
    assert answer.status_code == 200


class TestSomebodyOfTheSetting:
    @pytest.mark.parametrize("is_known", [False, True])
    async def test_is_promoted_with_an_entry_and_once(
        self, promoting: httpx.AsyncClient, sign_in: SignIn, raw_database: RawDatabase, is_known: bool
    ) -> None:
        if is_known:
            await sign_in("ann@example.com")

        for _ in range(2):
            await sign_in_at(promoting, "ann@example.com")

        (entry,) = await raw_database["audit"].find().to_list(None)
        user_id = await id_of(await sign_in("ann@example.com"))
        assert entry["actor"] == SETTING
        assert (entry["action"], str(entry["subject"]["id"])) == ("user.role-changed", user_id)
        assert entry["details"] == {"before": {"role": "user"} if is_known else None, "after": {"role": "admin"}}
        assert entry["request_id"] is None

    async def test_who_signs_in_several_times_at_once_is_promoted_once(
        self, promoting: httpx.AsyncClient, sign_in: SignIn, raw_database: RawDatabase
    ) -> None:
        await sign_in("ann@example.com")

        await asyncio.gather(*(sign_in_at(promoting, "ann@example.com") for _ in range(5)))

        user = await raw_database["users"].find_one({"email": "ann@example.com"})
        assert user is not None
        assert (user["role"], user["revision"]) == ("admin", 1)
        assert await raw_database["audit"].count_documents({}) == 1

    async def test_who_is_disabled_meanwhile_is_refused(
        self,
        promoting: httpx.AsyncClient,
        sign_in: SignIn,
        raw_database: RawDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await sign_in("ann@example.com")
        promote = SignInService._promote

        async def disable_and_promote(service: SignInService, user: User) -> User:
            await raw_database["users"].update_one({"_id": user.user_id}, {"$set": {"is_disabled": True}})
            return await promote(service, user)

        monkeypatch.setattr(SignInService, "_promote", disable_and_promote)
        answer = await promoting.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})

        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/account-disabled")
        assert await raw_database["audit"].count_documents({}) == 0


class TestSomebodyElse:
    async def test_leaves_no_entry(self, promoting: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        await sign_in_at(promoting, "bob@example.com")

        assert await raw_database["audit"].count_documents({}) == 0
