"""`taskfleet admin`: what its commands do, and that running processes know at once."""

import os
import pwd
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.admin_commands import find_users, format_table, set_disabled, set_role
from app.api.paths import API_PREFIX
from app.api.preconditions import IfMatch
from app.auth.administration import Administration
from app.auth.errors import LastAdminError, UserNotFoundError
from app.core.settings import Settings
from app.data.audit import Actor
from app.data.store import Store
from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import USERS, RawDatabase, audit_of, id_of

ME = f"{API_PREFIX}/me"


@pytest.fixture
async def admin_ann(settings: Settings, ann: httpx.AsyncClient, sign_in: SignIn) -> httpx.AsyncClient:
    """Somebody whom a command has made an administrator, and whose answers the cache holds."""
    await set_role(settings, "ann@example.com", "admin")
    again = await sign_in("ann@example.com")
    assert (await again.get(USERS)).status_code == 200
    for _ in range(2):
        assert (await again.get(ME)).json()["role"] == "admin"
    return again


class TestGranting:
    async def test_takes_effect_at_once(self, settings: Settings, ann: httpx.AsyncClient, sign_in: SignIn) -> None:
        assert (await ann.get(ME)).status_code == 200

        assert await set_role(settings, " Ann@Example.com", "admin") == "ann@example.com is an administrator now"

        assert (await ann.get(ME)).status_code == 401
        assert (await (await sign_in("ann@example.com")).get(USERS)).status_code == 200

    async def test_twice_is_one_act(
        self, settings: Settings, admin_ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        assert await set_role(settings, "ann@example.com", "admin") == "ann@example.com is an administrator already"

        assert await raw_database["audit"].count_documents({}) == 1
        assert (await admin_ann.get(ME)).status_code == 200

    async def test_is_put_down_to_whoever_typed_it(self, admin_ann: httpx.AsyncClient) -> None:
        (entry,) = await audit_of(admin_ann)

        name = pwd.getpwuid(os.getuid()).pw_name
        assert entry["actor"] == {"kind": "cli", "id": None, "name": name, "email": None}
        assert (entry["action"], entry["request_id"]) == ("user.role-changed", None)

    async def test_works_for_an_operator_without_a_name(
        self, settings: Settings, ann: httpx.AsyncClient, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def know_nobody(_: int) -> Any:
            raise KeyError

        monkeypatch.setattr(pwd, "getpwuid", know_nobody)
        await set_role(settings, "ann@example.com", "admin")

        (entry,) = await raw_database["audit"].find().to_list(None)
        assert entry["actor"]["name"] == f"user {os.getuid()}"


class TestRevoking:
    async def test_ends_cached_answers_at_once(
        self, settings: Settings, admin_ann: httpx.AsyncClient, root: httpx.AsyncClient
    ) -> None:
        assert await set_role(settings, "ann@example.com", "user") == "ann@example.com is an ordinary user now"

        assert (await admin_ann.get(ME)).status_code == 401
        assert (await admin_ann.get(USERS)).status_code == 401

    async def test_would_not_without_the_fence(
        self, settings: Settings, admin_ann: httpx.AsyncClient, root: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        """The control: the same change past the cache leaves what it holds as it is."""
        user_id = (await admin_ann.get(USERS, params={"q": "ann@"})).json()["items"][0]["id"]
        assert (await admin_ann.get(ME)).status_code == 200
        store = Store.open(settings.mongo, clock)
        try:
            actor = Actor("cli", name="me")
            await Administration(store).change(actor, UUID(user_id), {"role": "user"}, IfMatch(None))
        finally:
            await store.close()

        assert (await admin_ann.get(ME)).json()["role"] == "admin"

    async def test_the_last_administrator_is_refused(self, settings: Settings, admin_ann: httpx.AsyncClient) -> None:
        with pytest.raises(LastAdminError):
            await set_role(settings, "ann@example.com", "user")

        assert (await admin_ann.get(USERS)).status_code == 200


class TestDisabling:
    async def test_ends_sessions_at_once_and_can_be_taken_back(
        self, settings: Settings, root: httpx.AsyncClient, ann: httpx.AsyncClient, sign_in: SignIn
    ) -> None:
        assert (await ann.get(ME)).status_code == 200

        assert await set_disabled(settings, "ann@example.com", is_disabled=True) == "ann@example.com is disabled now"
        assert (await ann.get(ME)).status_code == 401
        assert await set_disabled(settings, "ann@example.com", is_disabled=False) == "ann@example.com is enabled now"

        assert (await (await sign_in("ann@example.com")).get(ME)).status_code == 200
        assert {entry["action"] for entry in await audit_of(root)} == {"user.disabled", "user.enabled"}


class TestAnAddress:
    @pytest.mark.parametrize(
        ("address", "complaint"),
        [
            ("Bob@example.com", "Nobody has the address bob@example.com; the first sign-in makes an account."),
            ("ann", "'ann' is no e-mail address."),
        ],
    )
    async def test_that_nobody_has_is_told(
        self, settings: Settings, ann: httpx.AsyncClient, address: str, complaint: str
    ) -> None:
        with pytest.raises(UserNotFoundError) as failure:
            await set_role(settings, address, "admin")

        assert failure.value.detail == complaint


class TestListing:
    async def test_goes_over_as_many_pages_as_it_takes(
        self, settings: Settings, root: httpx.AsyncClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(5):
            await sign_in(f"user{number}@example.com")
        monkeypatch.setattr("app.admin_commands.MAX_PAGE_SIZE", 2)

        everybody = await find_users(settings, "", 6)
        some = await find_users(settings, "user", 3)

        assert (len({user.user_id for user in everybody.users}), everybody.has_more) == (6, False)
        assert ([user.email for user in some.users], some.has_more) == (
            ["user0@example.com", "user1@example.com", "user2@example.com"],
            True,
        )

    async def test_is_a_table_in_which_names_stay_text(
        self, settings: Settings, sign_in: SignIn, clock: FakeClock
    ) -> None:
        ann = await sign_in("ann@example.com", "A\x1b[31mnn")
        listing = await find_users(settings, "ann@example.com", 1)

        assert format_table(listing.users).splitlines() == [
            f"E-MAIL           ROLE  STATE    CREATED                   ID{' ' * 36}NAME",
            f"ann@example.com  user  enabled  2026-11-23T12:00:00.000Z  {await id_of(ann)}  A\ufffd[31mnn",
        ]
