"""What is begun at one service goes on at the others."""

import re
from itertools import permutations
from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.ids import new_id
from app.core.settings import MODULES
from tests.architecture.routes import RouteFacts, routes_of
from tests.architecture.test_modules import EVERYWHERE, make_app
from tests.fakes.clock import START
from tests.integration.events.conftest import Stream
from tests.integration.split.services import Person, Split
from tests.waiting import until

Raw = AsyncDatabase[dict[str, Any]]

ME, TASKS, NOTICES = "/api/v1/me", "/api/v1/tasks", "/api/v1/notifications"


def own_routes(module: str) -> list[RouteFacts]:
    return [route for route in routes_of(make_app(frozenset({module}))) if str(route) not in EVERYWHERE]


async def expect(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def add_task(person: Person, title: str = "Buy milk", **fields: Any) -> Any:
    return await expect(await person.tasks.post(TASKS, json={"title": title, **fields}), 201)


async def titles(person: Person) -> list[str]:
    page = await expect(await person.tasks.get(TASKS))
    return [task["title"] for task in page["items"]]


async def ask_until_cached(split: Split, person: Person) -> None:
    """Ask at `tasks` until it answers from its cache, so that it knows the session without MongoDB."""
    hits = 'taskfleet_cache_reads_total{outcome="hit"}'
    before = await split.tasks.read_metric(hits)

    async def is_hit() -> bool:
        await expect(await person.tasks.get(TASKS))
        return await split.tasks.read_metric(hits) > before

    await until(is_hit)


@pytest.fixture
async def ann(split: Split) -> Person:
    """Somebody new."""
    return await split.sign_in()


@pytest.fixture
async def admin(split: Split) -> Person:
    """An administrator."""
    return await split.sign_in("admin@example.com")


class TestEachRoute:
    @pytest.mark.parametrize(("module", "other"), [*permutations(MODULES, 2)])
    async def test_is_unknown_to_the_other_services(
        self, split: Split, admin: Person, module: str, other: str
    ) -> None:
        client: httpx.AsyncClient = getattr(admin, other)
        answers = {}
        for route in own_routes(module):
            path = re.sub(r"\{\w+\}", str(new_id(START)), route.path)
            answers[str(route)] = (await client.request(route.method, path)).status_code

        assert answers == dict.fromkeys(answers, 404)
        assert len(answers) >= 4

    @pytest.mark.parametrize("module", MODULES)
    async def test_is_known_to_its_own_service(self, split: Split, module: str) -> None:
        """The control: nobody is signed in, and hardly anything is found that way."""
        client = split.open(getattr(split, module))
        guarded = [route for route in own_routes(module) if route.calls and route.method == "GET"]
        answers = {
            str(route): (await client.get(re.sub(r"\{\w+\}", str(new_id(START)), route.path))).status_code
            for route in guarded
        }

        assert 401 in answers.values()
        assert [route for route, status in answers.items() if status == 404 and "/me" in route] == []


class TestSigningIn:
    async def test_at_one_is_signing_in_at_all(self, ann: Person) -> None:
        await add_task(ann)
        assert (await expect(await ann.notifications.get(NOTICES)))["unread_count"] == 0

        assert await titles(ann) == ["Buy milk"]
        assert (await expect(await ann.auth.get(ME)))["revision"] == 1

    async def test_is_remembered_in_cached_answers(self, split: Split, ann: Person) -> None:
        await add_task(ann)
        await ask_until_cached(split, ann)

        await add_task(ann, "Bread")

        assert sorted(await titles(ann)) == ["Bread", "Buy milk"]

    async def test_by_cookie_works_at_both(self, split: Split) -> None:
        browser = split.open(split.auth)
        origin = {"Origin": split.auth.url}
        await expect(
            await browser.post("/api/v1/auth/dev/login", json={"email": "cookie@example.com"}, headers=origin)
        )

        answer = await split.open(split.tasks).get(TASKS, headers={"Cookie": f"access={browser.cookies['access']}"})

        assert answer.status_code == 200


class TestSigningOut:
    @pytest.mark.parametrize("path", ["logout", "logout-all"])
    async def test_ends_access_at_the_others_at_once(self, split: Split, ann: Person, path: str) -> None:
        await ask_until_cached(split, ann)
        await expect(await ann.notifications.get(NOTICES))

        await expect(await ann.auth.post(f"/api/v1/auth/{path}"), 204)

        assert (await ann.tasks.get(TASKS)).status_code == 401
        assert (await ann.notifications.get(NOTICES)).status_code == 401

    async def test_of_a_device_ends_access_at_tasks_at_once(self, split: Split) -> None:
        phone = await split.sign_in("devices@example.com")
        laptop = await split.sign_in("devices@example.com")
        await ask_until_cached(split, phone)
        sessions = (await expect(await laptop.auth.get(f"{ME}/sessions")))["items"]
        [other] = [session["id"] for session in sessions if not session["current"]]

        await expect(await laptop.auth.delete(f"{ME}/sessions/{other}"), 204)

        assert (await phone.tasks.get(TASKS)).status_code == 401
        assert (await laptop.tasks.get(TASKS)).status_code == 200


class TestAPersonalToken:
    async def test_that_was_made_at_auth_works_at_tasks_until_it_is_revoked(self, split: Split, ann: Person) -> None:
        body = {"name": "script", "scopes": ["tasks:read"], "expires_at": None}
        made = await expect(await ann.auth.post(f"{ME}/tokens", json=body), 201)
        script = split.as_holder(made["secret"])
        assert (await script.tasks.post(TASKS, json={"title": "x"})).status_code == 403
        await ask_until_cached(split, script)

        await expect(await ann.auth.delete(f"{ME}/tokens/{made['id']}"), 204)

        assert (await script.tasks.get(TASKS)).status_code == 401


class TestAnAccount:
    async def test_is_erased_with_everything_by_the_service_that_has_no_tasks(
        self, split: Split, ann: Person, split_database: Raw
    ) -> None:
        listed = await expect(await ann.tasks.post("/api/v1/lists", json={"name": "Home"}), 201)
        await add_task(ann, list_id=listed["id"])
        await expect(await ann.tasks.post(f"{ME}/calendar-feed"), 201)
        await expect(
            await ann.tasks.post(TASKS, json={"title": "x"}, headers={"Idempotency-Key": "erased-later"}), 201
        )
        profile = await expect(await ann.auth.get(ME))
        kept = await count_kept(split_database, profile["id"])
        assert {name for name, count in kept.items() if count} >= {
            *("tasks", "lists", "calendar_feeds", "idempotency", "sessions", "users")
        }

        await expect(await ann.auth.delete(ME), 202)

        assert (await ann.tasks.get(TASKS)).status_code == 401

        async def is_gone() -> bool:
            return not any((await count_kept(split_database, profile["id"])).values())

        await until(is_gone)

    async def test_takes_floating_due_dates_to_its_new_time_zone(self, ann: Person) -> None:
        task = await add_task(ann, due={"date": "2026-12-01", "time": "09:00", "timezone": None})
        assert task["due_at"] == "2026-12-01T09:00:00.000Z"

        await expect(await ann.auth.patch(ME, json={"timezone": "Asia/Tokyo"}))

        moved = await expect(await ann.tasks.get(f"{TASKS}/{task['id']}"))
        assert moved["due_at"] == "2026-12-01T00:00:00.000Z"

    async def test_is_exported_and_imported_with_its_profile(self, split: Split, ann: Person) -> None:
        await expect(await ann.auth.patch(ME, json={"name": "Ann", "timezone": "Asia/Tokyo", "locale": "ja"}))
        await add_task(ann)
        exported = await ann.tasks.get(f"{ME}/export")
        assert exported.json()["profile"]["timezone"] == "Asia/Tokyo"
        bob = await split.sign_in()

        answer = await bob.tasks.post(
            f"{ME}/import", content=exported.content, headers={"Content-Type": "application/json"}
        )

        assert (await expect(answer))["tasks"]["created"] == 1
        profile = await expect(await bob.auth.get(ME))
        assert (profile["name"], profile["timezone"], profile["locale"]) == ("Ann", "Asia/Tokyo", "ja")
        assert await titles(bob) == ["Buy milk"]

    async def test_has_a_calendar_feed_at_the_root_of_tasks(self, split: Split, ann: Person) -> None:
        await add_task(ann, due={"date": "2026-12-01"})
        url = (await expect(await ann.tasks.post(f"{ME}/calendar-feed"), 201))["url"]

        answer = await split.open(split.tasks).get(httpx.URL(url).path)

        assert answer.status_code == 200
        assert "SUMMARY:Buy milk" in answer.text


class TestAnAdministrator:
    async def test_shuts_somebody_out_of_both_at_once(self, split: Split, ann: Person, admin: Person) -> None:
        await ask_until_cached(split, ann)
        user_id = (await expect(await ann.auth.get(ME)))["id"]

        await expect(await admin.auth.patch(f"/api/v1/admin/users/{user_id}", json={"disabled": True}))

        assert (await ann.tasks.get(TASKS)).status_code == 401

    async def test_keeps_common_tasks_at_tasks_with_an_audit_at_auth(self, ann: Person, admin: Person) -> None:
        made = await expect(await admin.tasks.post("/api/v1/admin/common-tasks", json={"title": "Pay taxes"}), 201)

        await expect(await ann.tasks.post(f"/api/v1/common-tasks/{made['id']}/add"), 201)

        assert await titles(ann) == ["Pay taxes"]
        audit = await expect(await admin.auth.get("/api/v1/admin/audit", params={"subject_id": made["id"]}))
        assert [entry["action"] for entry in audit["items"]] == ["common-task.created"]

    async def test_sees_the_numbers_of_all_services(self, ann: Person, admin: Person) -> None:
        await add_task(ann)

        counted = await expect(await admin.auth.get("/api/v1/admin/stats"))

        assert counted["tasks"]["total"] >= 1

    async def test_who_is_none_any_more_is_none_at_tasks_at_once(self, split: Split, admin: Person) -> None:
        other = await split.sign_in("other-admin@example.com")
        user_id = (await expect(await other.auth.get(ME)))["id"]
        await ask_until_cached(split, other)

        await expect(await admin.auth.patch(f"/api/v1/admin/users/{user_id}", json={"role": "user"}))

        assert (await other.tasks.post("/api/v1/admin/common-tasks", json={"title": "x"})).status_code == 401


class TestLiveUpdates:
    @pytest.mark.parametrize(
        ("module", "path", "change"),
        [
            ("auth", ME, {"name": "Anna"}),
            ("notifications", f"{ME}/notification-settings", {"quiet_hours": {"start": "22:00", "end": "07:00"}}),
        ],
    )
    async def test_tell_at_tasks_of_what_was_changed_elsewhere(
        self, ann: Person, module: str, path: str, change: dict[str, Any]
    ) -> None:
        async with ann.tasks.stream("GET", "/api/v1/events") as answer:
            stream = Stream(answer)
            assert await stream.read_revision() == 0
            await expect(await getattr(ann, module).patch(path, json=change))
            revision = (await expect(await ann.auth.get(ME)))["revision"]

            assert await stream.read_revision() == revision


async def count_kept(database: Raw, user_id: str) -> dict[str, int]:
    """How many documents of a user there are in each collection."""
    owner = UUID(user_id)
    names = await database.list_collection_names()
    return {
        name: await database[name].count_documents({"$or": [{"user_id": owner}, {"_id": owner}]}) for name in names
    }
