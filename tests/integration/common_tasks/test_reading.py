"""Reading the common tasks: one answer for everybody, kept, fresh after changes, and loaded by one at a time."""

import asyncio
import time

import httpx
import pytest
from fastapi import FastAPI

from app.cache.shared import LOCAL_SECONDS
from app.core.settings import Settings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL, FailPoint, until_cached
from tests.fakes.clock import FakeClock
from tests.integration.common_tasks.conftest import ADMIN, COMMON, add_common, titles_of
from tests.integration.tasks.calls import expect, expect_problem
from tests.integration.tokens.conftest import bearer, make_token
from tests.shapes import looks_into_the_process
from tests.waiting import until


def count_loads(inspection: Inspection) -> int:
    """How often the catalogue was read from MongoDB."""
    return sum(
        operation.collection == "common_tasks" and (operation.plan or {}).get("hint") == "by_position"
        for operation in inspection.operations
        if operation.name == "find" and not operation.transaction
    )


class TestTheCatalogue:
    @looks_into_the_process
    async def test_is_empty_to_begin_with(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.get(COMMON)

        assert expect(answer) == {"items": [], "next_cursor": None}
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "private, no-cache"

    async def test_is_the_same_for_everybody_in_order_of_position(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        created = [await add_common(admin, title) for title in ("first", "second", "third")]
        first, _, third = created
        moved = expect(await admin.patch(f"{ADMIN}/{third['id']}", json={"position": f"{first['position']}V"}))

        answers = [await client.get(COMMON) for client in (admin, ann, bob)]

        assert expect(answers[0]) == {"items": [first, moved, created[1]], "next_cursor": None}
        assert len({answer.content for answer in answers}) == 1
        assert len({answer.headers["ETag"] for answer in answers}) == 1

    async def test_is_read_by_signed_in_callers_alone(self, client: httpx.AsyncClient) -> None:
        expect_problem(await client.get(COMMON), 401, "unauthenticated")

    async def test_gives_304_until_it_changes(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient) -> None:
        common = await add_common(admin)
        etag = (await ann.get(COMMON)).headers["ETag"]
        unchanged = await ann.get(COMMON, headers={"If-None-Match": etag})
        await admin.patch(f"{ADMIN}/{common['id']}", json={"priority": 4})
        changed = await ann.get(COMMON, headers={"If-None-Match": etag})

        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["ETag"] == etag
        assert not etag.startswith("W/")
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag


class TestAheadOfTheRouter:
    """Where a caller who is known gets it from the second time on."""

    @looks_into_the_process
    async def test_the_answer_is_that_of_the_router(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient, app: FastAPI
    ) -> None:
        await add_common(admin)
        for headers in ({}, {"If-None-Match": (await ann.get(COMMON)).headers["ETag"]}):
            await app.state.common_tasks.catalogue.forget()
            count = app.state.metrics.cache.reads.counts
            before = count["hit"] + count["not_modified"]
            by_router, ahead = [await ann.get(COMMON, headers=headers) for _ in range(2)]

            assert count["hit"] + count["not_modified"] == before + 1
            assert (by_router.status_code, by_router.content) == (ahead.status_code, ahead.content)
            own = {"x-request-id"}
            assert {name: value for name, value in by_router.headers.items() if name not in own} == {
                name: value for name, value in ahead.headers.items() if name not in own
            }

    async def test_a_session_that_has_ended_is_refused(self, ann: httpx.AsyncClient) -> None:
        for _ in range(2):
            expect(await ann.get(COMMON))
        await ann.post("/api/v1/auth/logout-all")

        expect_problem(await ann.get(COMMON), 401, "unauthenticated")

    async def test_a_personal_token_gets_it_by_its_scope_alone(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        reader, writer = [bearer((await make_token(ann, scope))["secret"]) for scope in ("tasks:read", "tasks:write")]
        for _ in range(3):  # looked up, known, and ahead of the router
            assert (await client.get(COMMON, headers=reader)).status_code == 200
            expect_problem(await client.get(COMMON, headers=writer), 403, "insufficient-scope")

    async def test_a_query_is_refused_whether_it_is_kept_or_not(self, ann: httpx.AsyncClient) -> None:
        for _ in range(2):
            expect_problem(await ann.get(COMMON, params={"limit": 5}), 422, "validation-failed")
            await ann.get(COMMON)

    @looks_into_the_process
    async def test_it_is_counted_under_its_route(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        for _ in range(2):
            await ann.get(COMMON)

        assert f'route="{COMMON}"' in app.state.metrics.render().decode()


class TestAChange:
    @looks_into_the_process
    async def test_is_seen_at_once_here(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient) -> None:
        assert await titles_of(ann) == []
        common = await add_common(admin, "before")
        assert await titles_of(ann) == ["before"]
        await admin.patch(f"{ADMIN}/{common['id']}", json={"title": "after"})
        assert await titles_of(ann) == ["after"]
        await admin.delete(f"{ADMIN}/{common['id']}")
        assert await titles_of(ann) == []

    async def test_is_seen_within_a_second_elsewhere(
        self, admin: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        assert await titles_of(ann_elsewhere) == []
        await add_common(admin, "new")
        changed_at = time.time()

        async def is_seen() -> bool:
            began = time.time()
            seen = await titles_of(ann_elsewhere)
            assert seen == ["new"] or began < changed_at + LOCAL_SECONDS
            return seen == ["new"]

        await until(is_seen)
        assert LOCAL_SECONDS <= 1

    async def test_that_failed_leaves_the_catalogue_as_it_was(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient, failing: FailPoint
    ) -> None:
        await add_common(admin, "kept")
        async with failing("insert", errorCode=50):
            answer = await admin.post(ADMIN, json={"title": "lost"})

        assert answer.status_code == 503
        assert await titles_of(ann) == ["kept"]


class TestManyWhoAskAtOnce:
    @looks_into_the_process
    async def test_load_once_in_a_process(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        assert count_loads(inspection) == 0
        answers = await asyncio.gather(*(ann.get(COMMON) for _ in range(100)))

        assert {answer.status_code for answer in answers} == {200}
        assert count_loads(inspection) == 1

    async def test_load_no_more_than_once_in_each_process(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        await asyncio.gather(*(client.get(COMMON) for client in [ann, ann_elsewhere] * 50))

        assert 1 <= count_loads(inspection) <= 2

    async def test_ask_no_database_for_what_is_kept(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        etag = (await ann.get(COMMON)).headers["ETag"]
        await ann.get(COMMON)
        before = len(inspection.operations)

        await asyncio.gather(*(ann.get(COMMON) for _ in range(50)))
        await asyncio.gather(*(ann.get(COMMON, headers={"If-None-Match": etag}) for _ in range(50)))

        assert len(inspection.operations) == before

    async def test_find_what_another_process_has_loaded(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        await ann.get(COMMON)
        await ann_elsewhere.get(COMMON)

        assert count_loads(inspection) == 1


class TestWithoutACacheServer:
    @pytest.fixture
    async def lone_app(self, settings: Settings, clock: FakeClock, inspection: Inspection, _schema: None) -> FastAPI:
        cache = settings.cache.model_copy(update={"url": None})
        return create_app(settings.model_copy(update={"cache": cache}), clock=clock, listeners=[inspection])

    async def test_the_catalogue_is_kept_by_the_process_and_fresh_after_its_own_changes(
        self, lone_app: FastAPI, admin: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        async with lone_app.router.lifespan_context(lone_app):
            transport = httpx.ASGITransport(lone_app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=admin.headers) as client:
                assert await titles_of(client) == []
                await add_common(client, "new")
                for _ in range(3):
                    assert await titles_of(client) == ["new"]

        assert count_loads(inspection) == 2


async def test_a_process_that_has_just_started_finds_it_on_the_cache_server(
    ann: httpx.AsyncClient, settings: Settings, clock: FakeClock, inspection: Inspection
) -> None:
    await ann.get(COMMON)
    app = create_app(settings, clock=clock, listeners=[inspection])
    async with app.router.lifespan_context(app):
        await until_cached(app)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=ann.headers) as client:
            expect(await client.get(COMMON))

    assert count_loads(inspection) == 1
