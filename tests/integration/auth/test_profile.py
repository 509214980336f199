"""The profile: reading it, patching it, and who is told of another time zone."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from app.api.preconditions import IfMatch
from app.auth.profile import Profiles
from app.auth.users import UserRepository
from app.data.changes import Change
from app.data.store import Store
from tests.factories.users import insert_user
from tests.integration.auth.conftest import RawDatabase

ME = "/api/v1/me"


class TestReadingIt:
    async def test_carries_the_revision_as_its_etag(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.get(ME)
        assert answer.status_code == 200
        assert re.fullmatch(f'"{answer.json()["revision"]}-[0-9a-f]{{12}}"', answer.headers["ETag"])
        assert answer.headers["Cache-Control"] == "private, no-cache"

    async def test_that_has_not_changed_is_answered_with_304(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(ME)).headers["ETag"]
        answer = await ann.get(ME, headers={"If-None-Match": etag})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
        await ann.patch(ME, json={"name": "Anna"})
        assert (await ann.get(ME, headers={"If-None-Match": etag})).status_code == 200

    async def test_of_another_user_at_the_same_revision_is_never_the_same(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        """A browser that both sign in on may still hold what it got for the other one."""
        hers, his = await ann.get(ME), await bob.get(ME)
        assert hers.json()["revision"] == his.json()["revision"]

        answer = await bob.get(ME, headers={"If-None-Match": hers.headers["ETag"]})

        assert (answer.status_code, answer.json()["name"]) == (200, his.json()["name"])

    async def test_needs_sign_in(self, client: httpx.AsyncClient) -> None:
        for answer in (await client.get(ME), await client.patch(ME, json={}), await client.delete(ME)):
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"


class TestPatchingIt:
    async def test_changes_what_is_given_and_nothing_else(self, ann: httpx.AsyncClient) -> None:
        before = (await ann.get(ME)).json()
        patch = {"name": "Änne 🦊", "timezone": "Europe/Paris", "locale": "de-AT", "settings": {"theme": "dark"}}
        answer = await ann.patch(ME, json=patch)
        assert answer.status_code == 200
        assert answer.json() == before | patch | {"revision": before["revision"] + 1}
        assert answer.headers["ETag"].startswith(f'"{before["revision"] + 1}-')
        assert (await ann.get(ME)).json() == answer.json()

    @pytest.mark.parametrize("patch", [{}, {"name": "Ann"}, {"timezone": "UTC", "locale": None, "settings": {}}])
    async def test_with_what_it_says_already_keeps_the_revision(
        self, ann: httpx.AsyncClient, patch: dict[str, Any]
    ) -> None:
        before = await ann.get(ME)
        answer = await ann.patch(ME, json=patch)
        assert (answer.status_code, answer.json()) == (200, before.json())
        assert (await ann.get(ME)).headers["ETag"] == before.headers["ETag"]

    async def test_with_null_brings_the_defaults_back(self, ann: httpx.AsyncClient) -> None:
        await ann.patch(ME, json={"timezone": "Asia/Tokyo", "locale": "ja", "settings": {"a": 1}})
        answer = await ann.patch(ME, json={"timezone": None, "locale": None, "settings": None})
        assert answer.status_code == 200
        assert [answer.json()[name] for name in ("timezone", "locale", "settings")] == ["UTC", "en", {}]

    async def test_merges_settings_at_every_level(self, ann: httpx.AsyncClient) -> None:
        await ann.patch(ME, json={"settings": {"view": {"sort": "due", "columns": [1, 2]}, "theme": "dark"}})
        answer = await ann.patch(ME, json={"settings": {"view": {"sort": None, "columns": [3]}, "new": {"x": None}}})
        assert answer.json()["settings"] == {"view": {"columns": [3]}, "theme": "dark", "new": {}}

    @pytest.mark.parametrize(
        "kept",
        [
            {"$set": {"a": 1}, "a.b": 2, "": 3},
            {"ref": {"$ref": "users", "$id": 1, "$db": "admin"}},
            {"big": 2**70, "huge": 10**4_000, "float": 1.5, "one": 1.0, "yes": True},
            {"text": "ünï \u2028 \U0001f98a", "null in a list": [None, {"x": None}]},
        ],
    )
    async def test_keeps_settings_exactly(self, ann: httpx.AsyncClient, kept: dict[str, Any]) -> None:
        answer = await ann.patch(ME, json={"settings": kept})
        assert answer.status_code == 200
        assert repr((await ann.get(ME)).json()["settings"]) == repr(kept)

    async def test_tells_true_from_one(self, ann: httpx.AsyncClient) -> None:
        await ann.patch(ME, json={"settings": {"x": 1}})
        assert (await ann.patch(ME, json={"settings": {"x": True}})).json()["settings"] == {"x": True}

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"name": None}, "/name"),
            ({"name": ""}, "/name"),
            ({"name": " \t"}, "/name"),
            ({"name": "x" * 201}, "/name"),
            ({"name": "A\x00"}, "/name"),
            ({"name": 5}, "/name"),
            ({"timezone": "Mars/Olympus"}, "/timezone"),
            ({"timezone": "../etc/passwd"}, "/timezone"),
            ({"timezone": "localtime"}, "/timezone"),
            ({"timezone": "europe/paris"}, "/timezone"),
            ({"timezone": 1}, "/timezone"),
            ({"locale": "x"}, "/locale"),
            ({"locale": "en_GB"}, "/locale"),
            ({"locale": "en-" + "a-" * 40 + "b"}, "/locale"),
            ({"locale": "en\n"}, "/locale"),
            ({"settings": []}, "/settings"),
            ({"settings": "x"}, "/settings"),
            ({"settings": {"a": {"b": ["x\x00"]}}}, "/settings"),
            ({"settings": {"a\x00": 1}}, "/settings"),
            ({"settings": {"a": "x" * 16_384}}, "/settings"),
            ({"email": "else@example.org"}, "/email"),
            ({"role": "admin"}, "/role"),
            ({"id": "0198c7a2-6f00-7000-8000-000000000000"}, "/id"),
        ],
    )
    async def test_refuses_what_is_not_acceptable(
        self, ann: httpx.AsyncClient, body: dict[str, Any], pointer: str
    ) -> None:
        before = (await ann.get(ME)).json()
        answer = await ann.patch(ME, json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert (await ann.get(ME)).json() == before

    async def test_refuses_settings_that_grow_too_large_piece_by_piece(self, ann: httpx.AsyncClient) -> None:
        assert (await ann.patch(ME, json={"settings": {"a": "x" * 10_000}})).status_code == 200
        assert (await ann.patch(ME, json={"settings": {"b": "x" * 10_000}})).status_code == 422
        assert (await ann.patch(ME, json={"settings": {"a": None, "b": "x" * 10_000}})).status_code == 200

    async def test_refuses_a_number_that_no_json_can_hold(self, ann: httpx.AsyncClient) -> None:
        body, headers = b'{"settings": {"x": 1e400}}', {"Content-Type": "application/json"}
        assert 400 <= (await ann.patch(ME, content=body, headers=headers)).status_code < 500

    async def test_is_refused_from_another_site(self, browser: httpx.AsyncClient) -> None:
        await browser.post("/api/v1/auth/dev/login", json={"email": "ada@example.org"})
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert (await browser.patch(ME, json={"name": "x"}, headers=evil)).status_code == 403
        assert (await browser.patch(ME, json={"name": "x"})).status_code == 200


class TestIfMatch:
    async def test_lets_the_expected_version_be_changed(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(ME)).headers["ETag"]
        assert (await ann.patch(ME, json={"name": "Anna"}, headers={"If-Match": etag})).status_code == 200

    @pytest.mark.parametrize("name", ["Ann", "Anna"])
    async def test_answers_412_with_the_present_state_to_an_older_one(
        self, ann: httpx.AsyncClient, name: str
    ) -> None:
        old = (await ann.get(ME)).headers["ETag"]
        current = await ann.patch(ME, json={"locale": "de"})
        answer = await ann.patch(ME, json={"name": name}, headers={"If-Match": old})
        assert answer.status_code == 412
        assert answer.json()["current"] == current.json()
        assert answer.headers["ETag"] == current.headers["ETag"]
        assert (await ann.get(ME)).json() == current.json()

    async def test_lets_one_of_two_writers_win(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(ME)).headers["ETag"]
        writes = (ann.patch(ME, json={"name": f"Ann {n}"}, headers={"If-Match": etag}) for n in range(10))
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*writes))
        assert statuses == [200] + [412] * 9

    async def test_lets_all_win_without_it(self, ann: httpx.AsyncClient) -> None:
        """The negative control of the test above."""
        writes = (ann.patch(ME, json={"name": f"Ann {n}"}) for n in range(10))
        assert {answer.status_code for answer in await asyncio.gather(*writes)} == {200}


class TestAnotherTimeZone:
    async def test_is_told_to_the_listeners_in_the_same_transaction(
        self, store: Store, raw_database: RawDatabase
    ) -> None:
        user_id = await insert_user(raw_database)
        heard: list[str] = []

        async def listen(change: Change, timezone: str) -> bool:
            heard.append(timezone)
            lists = store.database.collection("lists")
            await lists.update_one(
                {"_id": user_id, "user_id": user_id}, {"$set": {}}, upsert=True, session=change.session
            )
            if timezone == "Asia/Tokyo":
                raise RuntimeError("the listener fails")
            return False

        profiles = Profiles(UserRepository(store.database), store.changes, [listen])
        with pytest.raises(RuntimeError):
            await profiles.change(user_id, {"timezone": "Asia/Tokyo"}, IfMatch(None))
        assert (await profiles.read(user_id)).timezone == "UTC"
        assert await raw_database["lists"].count_documents({}) == 0

        await profiles.change(user_id, {"timezone": "Europe/Paris"}, IfMatch(None))
        assert await raw_database["lists"].count_documents({}) == 1
        await profiles.change(user_id, {"name": "Other"}, IfMatch(None))
        assert heard == ["Asia/Tokyo", "Europe/Paris", "Europe/Paris"]

    async def test_is_told_again_in_changes_of_their_own_while_there_is_more_to_do(
        self, store: Store, raw_database: RawDatabase
    ) -> None:
        user_id = await insert_user(raw_database)
        revisions: list[int] = []

        async def listen(change: Change, timezone: str) -> bool:
            if len(revisions) == 3:
                return False
            change.stamp()
            revisions.append(change.account.revision)
            return True

        profiles = Profiles(UserRepository(store.database), store.changes, [listen])
        user = await profiles.change(user_id, {"timezone": "Europe/Paris"}, IfMatch(None))
        assert revisions == [1, 2, 3]
        assert user.revision == 3

    async def test_moves_more_tasks_than_one_change_may_write(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.tasks.upkeep.REZONE_CHUNK", 2)
        due = {"date": "2026-12-01", "time": "09:00", "timezone": None}
        operations = [{"op": "create", "title": f"Call {number}", "due": due} for number in range(5)]
        await ann.post("/api/v1/tasks/batch", json={"operations": operations})
        answer = await ann.patch(ME, json={"timezone": "Europe/Paris"})
        tasks = (await ann.get("/api/v1/tasks")).json()["items"]
        assert {task["due_at"] for task in tasks} == {"2026-12-01T08:00:00.000Z"}
        assert sorted(task["revision"] for task in tasks) == [2, 2, 3, 3, 4]
        assert answer.json()["revision"] == 4

    async def test_finishes_what_an_interrupted_request_left(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        due = {"date": "2026-12-01", "time": "09:00", "timezone": None}
        task = (await ann.post("/api/v1/tasks", json={"title": "Call", "due": due})).json()
        await raw_database["users"].update_one({}, {"$set": {"timezone": "Europe/Paris"}})
        await ann.patch(ME, json={"timezone": "Europe/Paris"})
        assert (await ann.get(f"/api/v1/tasks/{task['id']}")).json()["due_at"] == "2026-12-01T08:00:00.000Z"

    async def test_moves_the_due_instants_of_tasks(self, ann: httpx.AsyncClient) -> None:
        due = {"date": "2026-12-01", "time": "09:00", "timezone": None}
        task = (await ann.post("/api/v1/tasks", json={"title": "Call", "due": due})).json()
        assert task["due_at"] == "2026-12-01T09:00:00.000Z"
        await ann.patch(ME, json={"timezone": "Europe/Paris"})
        assert (await ann.get(f"/api/v1/tasks/{task['id']}")).json()["due_at"] == "2026-12-01T08:00:00.000Z"


class TestAnAccountThatIsGone:
    async def test_is_answered_with_401(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        await raw_database["users"].delete_many({})
        assert (await ann.get(ME)).status_code == 401

    async def test_between_the_check_and_the_read_as_well(self, store: Store, raw_database: RawDatabase) -> None:
        profiles = Profiles(UserRepository(store.database), store.changes, [])
        user_id = await insert_user(raw_database, deleted_at=store.clock.now())
        with pytest.raises(Exception, match="does not exist any more"):
            await profiles.read(user_id)
        with pytest.raises(Exception, match="does not exist any more"):
            await profiles.change(user_id, {"name": "x"}, IfMatch(None))
