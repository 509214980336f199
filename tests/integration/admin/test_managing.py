"""What administrators do to the accounts of others, and what becomes of those at once."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.api.paths import API_PREFIX
from app.auth.admin_repository import UserDetails
from app.auth.administration import Administration
from app.auth.sessions import IssuedTokens, Sessions
from app.core.identity import Role
from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import ADMIN, NOBODY, USERS, RawDatabase, SignInAsAdmin, audit_of, id_of

ME = f"{API_PREFIX}/me"


async def read(root: httpx.AsyncClient, user_id: str) -> httpx.Response:
    answer = await root.get(f"{USERS}/{user_id}")
    assert answer.status_code == 200, answer.text
    return answer


class TestAUser:
    async def test_is_shown_with_numbers(
        self, root: httpx.AsyncClient, ann: httpx.AsyncClient, ann_id: str, sign_in: SignIn, clock: FakeClock
    ) -> None:
        clock.advance(hours=1)
        ann, root = await sign_in("ann@example.com"), await sign_in("root@example.com")
        for title in ("Milk", "Bread"):
            await ann.post(f"{API_PREFIX}/tasks", json={"title": title})

        answer = await read(root, ann_id)

        assert answer.json() == {
            "id": ann_id,
            "email": "ann@example.com",
            "name": "Ann",
            "role": "user",
            "disabled": False,
            "created_at": "2026-11-23T12:00:00.000Z",
            "last_seen_at": "2026-11-23T13:00:00.000Z",
            "revision": 2,
            "sessions": 2,
            "tasks": 2,
        }

    async def test_who_is_unchanged_is_not_sent_again(self, root: httpx.AsyncClient, ann_id: str) -> None:
        etag = (await read(root, ann_id)).headers["ETag"]

        answer = await root.get(f"{USERS}/{ann_id}", headers={"If-None-Match": etag})

        assert (answer.status_code, answer.content) == (304, b"")

    async def test_whose_sessions_have_changed_has_another_etag(
        self, root: httpx.AsyncClient, ann_id: str, sign_in: SignIn
    ) -> None:
        etag = (await read(root, ann_id)).headers["ETag"]
        await sign_in("ann@example.com")

        assert (await read(root, ann_id)).headers["ETag"] != etag


class TestWhenAUserWasLastSeen:
    async def test_is_told_by_sign_ins_and_refreshes_to_the_hour(
        self, root: httpx.AsyncClient, client: httpx.AsyncClient, clock: FakeClock, sign_in: SignIn
    ) -> None:
        async def look() -> str:
            user = (await root.get(USERS, params={"q": "ann@"})).json()["items"][0]
            assert user["revision"] == 0
            return str(user["last_seen_at"])

        login = await client.post(f"{API_PREFIX}/auth/dev/login", json={"email": "ann@example.com"})
        seen = [await look()]
        for _ in range(4):
            clock.advance(minutes=30)
            refresh = {"refresh_token": login.json()["refresh_token"]}
            login = await client.post(f"{API_PREFIX}/auth/refresh", json=refresh)
            assert login.status_code == 200
            root = await sign_in("root@example.com")
            seen.append(await look())

        assert [instant[11:16] for instant in seen] == ["12:00", "12:00", "13:00", "13:00", "14:00"]

    async def test_is_unknown_of_one_who_has_not_come_since_it_is_noted(
        self, root: httpx.AsyncClient, ann_id: str, raw_database: RawDatabase, sign_in: SignIn
    ) -> None:
        await raw_database["users"].update_one({"email": "ann@example.com"}, {"$unset": {"last_seen_at": 1}})
        assert (await read(root, ann_id)).json()["last_seen_at"] is None

        await sign_in("ann@example.com")

        assert (await read(root, ann_id)).json()["last_seen_at"] == "2026-11-23T12:00:00.000Z"


class TestChangingARole:
    async def test_answers_with_the_user_as_it_then_is(self, root: httpx.AsyncClient, ann_id: str) -> None:
        answer = await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})

        assert answer.status_code == 200
        assert (answer.json()["role"], answer.json()["revision"]) == ("admin", 1)
        again = await read(root, ann_id)
        assert (answer.json(), answer.headers["ETag"]) == (again.json(), again.headers["ETag"])

    async def test_ends_access_tokens_at_once_and_no_session(
        self, root: httpx.AsyncClient, ann: httpx.AsyncClient, ann_id: str, sign_in: SignIn
    ) -> None:
        assert (await ann.get(ME)).status_code == 200  # the cache holds the answer now
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})

        assert (await ann.get(ME)).status_code == 401
        assert (await read(root, ann_id)).json()["sessions"] == 1
        again = await sign_in("ann@example.com")
        assert (await again.get(ME)).json()["role"] == "admin"
        assert (await again.get(f"{ADMIN}/audit")).status_code == 200

    async def test_takes_the_administration_away_as_quickly(
        self, root: httpx.AsyncClient, ann_id: str, sign_in: SignIn
    ) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})
        ann = await sign_in("ann@example.com")
        assert (await ann.get(USERS)).status_code == 200

        await root.patch(f"{USERS}/{ann_id}", json={"role": "user"})

        assert (await ann.get(USERS)).status_code == 401
        assert (await (await sign_in("ann@example.com")).get(USERS)).status_code == 403

    async def test_is_audited(self, root: httpx.AsyncClient, ann_id: str) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"}, headers={"X-Request-ID": "the-request"})

        (entry,) = await audit_of(root)

        assert entry == {
            "id": entry["id"],
            "at": "2026-11-23T12:00:00.000Z",
            "actor": {"kind": "user", "id": await id_of(root), "name": "root", "email": "root@example.com"},
            "action": "user.role-changed",
            "subject": {"kind": "user", "id": ann_id, "email": "ann@example.com"},
            "details": {"before": {"role": "user"}, "after": {"role": "admin"}},
            "request_id": "the-request",
        }


class TestDisablingAUser:
    async def test_ends_sessions_and_access_tokens_at_once(
        self, root: httpx.AsyncClient, client: httpx.AsyncClient, sign_in: SignIn
    ) -> None:
        signed_in = await client.post(f"{API_PREFIX}/auth/dev/login", json={"email": "ann@example.com"})
        ann = await sign_in("ann@example.com")
        ann_id = await id_of(ann)

        answer = await root.patch(f"{USERS}/{ann_id}", json={"disabled": True})

        assert (answer.json()["disabled"], answer.json()["sessions"]) == (True, 0)
        assert (await ann.get(ME)).status_code == 401
        refresh = {"refresh_token": signed_in.json()["refresh_token"]}
        assert (await client.post(f"{API_PREFIX}/auth/refresh", json=refresh)).status_code == 401
        refused = await client.post(f"{API_PREFIX}/auth/dev/login", json={"email": "ann@example.com"})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/account-disabled")

    async def test_can_be_taken_back(
        self, root: httpx.AsyncClient, ann_id: str, sign_in: SignIn, clock: FakeClock
    ) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"disabled": True})
        clock.advance(1)
        await root.patch(f"{USERS}/{ann_id}", json={"disabled": False})

        assert (await (await sign_in("ann@example.com")).get(ME)).status_code == 200
        assert [entry["action"] for entry in await audit_of(root)] == ["user.enabled", "user.disabled"]

    async def test_ends_a_session_for_good_that_began_at_the_same_moment(
        self, root: httpx.AsyncClient, client: httpx.AsyncClient, ann_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its sign-in looked at the account ahead of the disabling, and wrote the session behind it."""
        start = Sessions.start

        async def disable_and_start(sessions: Sessions, user_id: UUID, role: Role, user_agent: str) -> IssuedTokens:
            assert (await root.patch(f"{USERS}/{ann_id}", json={"disabled": True})).status_code == 200
            return await start(sessions, user_id, role, user_agent)

        with monkeypatch.context() as patch:
            patch.setattr(Sessions, "start", disable_and_start)
            login = await client.post(f"{API_PREFIX}/auth/dev/login", json={"email": "ann@example.com"})
        tokens = login.json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        assert (await client.get(ME)).status_code == 401

        enabled = await root.patch(f"{USERS}/{ann_id}", json={"disabled": False})

        assert (enabled.status_code, enabled.json()["sessions"]) == (200, 0)
        assert (await client.get(ME)).status_code == 401
        refresh = {"refresh_token": tokens["refresh_token"]}
        assert (await client.post(f"{API_PREFIX}/auth/refresh", json=refresh)).status_code == 401

    async def test_together_with_the_role_is_two_acts(self, root: httpx.AsyncClient, ann_id: str) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin", "disabled": True})

        assert {entry["action"] for entry in await audit_of(root)} == {"user.role-changed", "user.disabled"}
        assert (await read(root, ann_id)).json()["revision"] == 1


class TestAnAdministratorWhoIsErasedMeanwhile:
    async def test_is_not_signed_in_and_changes_nothing(
        self,
        sign_in_as_admin: SignInAsAdmin,
        root: httpx.AsyncClient,
        ann_id: str,
        raw_database: RawDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Otherwise the audit could not tell who it was."""
        leaving = await sign_in_as_admin("leaving@example.com")
        change = Administration.change

        async def erase_and_change(service: Administration, *arguments: Any) -> UserDetails:
            await raw_database["users"].delete_one({"email": "leaving@example.com"})
            return await change(service, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(Administration, "change", erase_and_change)
            answer = await leaving.patch(f"{USERS}/{ann_id}", json={"role": "admin"})

        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
        user = (await read(root, ann_id)).json()
        assert (user["role"], user["revision"]) == ("user", 0)
        assert await audit_of(root) == []


class TestAPatchThatChangesNothing:
    @pytest.mark.parametrize(
        "patch", [{}, {"role": "user"}, {"disabled": False}, {"role": "user", "disabled": False}]
    )
    async def test_writes_nothing_and_ends_nothing(
        self,
        root: httpx.AsyncClient,
        ann: httpx.AsyncClient,
        ann_id: str,
        raw_database: RawDatabase,
        patch: dict[str, object],
    ) -> None:
        before = await read(root, ann_id)

        answer = await root.patch(f"{USERS}/{ann_id}", json=patch)

        assert (answer.status_code, answer.json()) == (200, before.json())
        assert (await ann.get(ME)).status_code == 200
        assert await raw_database["audit"].count_documents({}) == 0


class TestAPatchWithIfMatch:
    async def test_succeeds_for_the_present_state(self, root: httpx.AsyncClient, ann_id: str) -> None:
        etag = (await read(root, ann_id)).headers["ETag"]

        answer = await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"}, headers={"If-Match": etag})

        assert answer.status_code == 200

    async def test_is_refused_for_another_state_and_not_audited(
        self, root: httpx.AsyncClient, ann_id: str, raw_database: RawDatabase
    ) -> None:
        etag = (await read(root, ann_id)).headers["ETag"]
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})

        answer = await root.patch(f"{USERS}/{ann_id}", json={"disabled": True}, headers={"If-Match": etag})

        now = await read(root, ann_id)
        assert (answer.status_code, answer.json()["type"]) == (412, "/problems/precondition-failed")
        assert (answer.json()["current"], answer.headers["ETag"]) == (now.json(), now.headers["ETag"])
        assert await raw_database["audit"].count_documents({}) == 1


class TestAPatchThatIsWrong:
    @pytest.mark.parametrize(
        ("patch", "pointer"),
        [
            ({"role": "owner"}, "/role"),
            ({"role": None}, "/role"),
            ({"disabled": "yes"}, "/disabled"),
            ({"disabled": None}, "/disabled"),
            ({"email": "else@example.com"}, "/email"),
        ],
    )
    async def test_is_refused_with_a_pointer(
        self, root: httpx.AsyncClient, ann_id: str, patch: dict[str, object], pointer: str
    ) -> None:
        answer = await root.patch(f"{USERS}/{ann_id}", json=patch)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


class TestSigningAUserOut:
    async def test_ends_all_sessions_at_once_and_is_audited(
        self, root: httpx.AsyncClient, ann: httpx.AsyncClient, ann_id: str
    ) -> None:
        assert (await ann.get(ME)).status_code == 200

        answer = await root.post(f"{USERS}/{ann_id}/logout-all")

        assert (answer.status_code, answer.content) == (204, b"")
        assert (await ann.get(ME)).status_code == 401
        (entry,) = await audit_of(root)
        assert (entry["action"], entry["details"]) == (
            "user.sessions-ended",
            {"before": {"sessions": 1}, "after": {"sessions": 0}},
        )

    async def test_who_is_signed_in_nowhere_is_no_act(self, root: httpx.AsyncClient, ann_id: str) -> None:
        await root.post(f"{USERS}/{ann_id}/logout-all")

        assert (await root.post(f"{USERS}/{ann_id}/logout-all")).status_code == 204
        assert len(await audit_of(root)) == 1


class TestAUserWhoDoesNotExist:
    @pytest.mark.parametrize("user_id", [NOBODY])
    async def test_is_404(self, root: httpx.AsyncClient, user_id: str) -> None:
        for method, path, body in (
            ("GET", f"{USERS}/{user_id}", None),
            ("PATCH", f"{USERS}/{user_id}", {"role": "admin"}),
            ("POST", f"{USERS}/{user_id}/logout-all", None),
        ):
            answer = await root.request(method, path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), path

    async def test_any_more_is_404_as_well(
        self, root: httpx.AsyncClient, ann_id: str, raw_database: AsyncDatabase[dict[str, object]]
    ) -> None:
        await raw_database["users"].update_one(
            {"email": "ann@example.com"}, [{"$set": {"deleted_at": "$created_at"}}]
        )

        assert (await root.get(f"{USERS}/{ann_id}")).status_code == 404
        assert (await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})).status_code == 404
        assert (await root.get(USERS, params={"q": "ann@"})).json()["items"] == []


class TestAPersonalToken:
    async def test_stops_at_once_when_its_owner_is_disabled(
        self, root: httpx.AsyncClient, ann: httpx.AsyncClient, ann_id: str, client: httpx.AsyncClient
    ) -> None:
        client.headers["Authorization"] = f"Bearer {await make_token(ann, 'tasks:read')}"
        for _ in range(2):
            assert (await client.get(ME)).status_code == 200

        await root.patch(f"{USERS}/{ann_id}", json={"disabled": True})

        assert (await client.get(ME)).status_code == 401

    async def test_opens_the_administration_for_as_long_as_its_owner_has_it(
        self, root: httpx.AsyncClient, ann_id: str, client: httpx.AsyncClient, sign_in: SignIn
    ) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})
        client.headers["Authorization"] = f"Bearer {await make_token(await sign_in('ann@example.com'), 'admin')}"
        for _ in range(2):
            assert (await client.get(USERS)).status_code == 200

        await root.patch(f"{USERS}/{ann_id}", json={"role": "user"})

        assert (await client.get(USERS)).status_code == 403

    async def test_is_told_in_the_audit_by_its_owner(
        self, root: httpx.AsyncClient, ann_id: str, client: httpx.AsyncClient
    ) -> None:
        client.headers["Authorization"] = f"Bearer {await make_token(root, 'admin')}"
        await client.patch(f"{USERS}/{ann_id}", json={"role": "admin"})

        (entry,) = await audit_of(root)
        assert entry["actor"]["email"] == "root@example.com"


async def make_token(owner: httpx.AsyncClient, scope: str) -> str:
    answer = await owner.post(f"{ME}/tokens", json={"name": "script", "scopes": [scope]})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["secret"]
    return secret
