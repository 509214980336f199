"""Reads ahead of the router: what is answered without MongoDB, for whom, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from app.api.cached_reads import MAX_ANSWER_BYTES
from app.core.settings import CacheSettings, Settings
from app.http_protocol import _WholeAnswers
from app.main import create_app
from tests.conftest import BASE_URL, SignIn
from tests.factories.garbage import counted_garbage
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import API, TASKS, add_list, add_task, expect, patch_task, titles

KEY = {"Idempotency-Key": "once"}


def reads_of(app: FastAPI, outcome: str) -> int:
    """How many reads had this outcome so far."""
    return app.state.metrics.cache.reads.counts[outcome]


@pytest.fixture
async def paths(ann: httpx.AsyncClient) -> list[str]:
    """Everything that may be cached."""
    task, document = await add_task(ann), await add_list(ann)
    return [
        f"{API}/me",
        TASKS,
        f"{TASKS}?limit=1&status=todo",
        f"{TASKS}/{task['id']}",
        f"{TASKS}/{task['id']}/occurrences",
        f"{TASKS}/stats",
        f"{API}/labels",
        f"{API}/lists",
        f"{API}/lists/{document['id']}",
    ]


class TestAskingAgain:
    async def test_costs_no_look_at_the_database_and_says_the_same(
        self, ann: httpx.AsyncClient, paths: list[str], inspection: Any
    ) -> None:
        for path in paths:
            first = await ann.get(path)
            inspection.forget()
            again = await ann.get(path)

            assert not inspection.operations, path
            assert (again.status_code, again.content) == (200, first.content)
            for name in ("content-type", "etag", "cache-control", "vary", "link"):
                assert again.headers.get(name) == first.headers.get(name), (path, name)

    async def test_gets_304_for_what_the_caller_has(
        self, ann: httpx.AsyncClient, paths: list[str], inspection: Any
    ) -> None:
        for path in paths:
            etag = (await ann.get(path)).headers["etag"]
            inspection.forget()
            again = await ann.get(path, headers={"If-None-Match": f'"other", W/{etag}'})

            assert not inspection.operations, path
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
            assert again.headers["cache-control"] == "private, no-cache"

    async def test_gets_304_by_the_revision_where_the_answer_is_not_kept(
        self, ann: httpx.AsyncClient, app: FastAPI, inspection: Any
    ) -> None:
        etag = (await ann.get(TASKS)).headers["etag"]
        user = UUID(expect(await ann.get(f"{API}/me"))["id"])
        await app.state.cache.redis.execute_command("HDEL", f"taskfleet:user:{{{user}}}", "a2:/api/v1/tasks")
        app.state.cached_reads.store._near._answers.clear()
        inspection.forget()

        assert (await ann.get(TASKS, headers={"If-None-Match": etag})).status_code == 304
        assert not inspection.operations

    async def test_takes_what_cannot_be_read_for_nothing(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        """Whatever a process of another version, or nobody knows who, has put there."""
        first = await ann.get(TASKS)
        key = f"taskfleet:user:{{{UUID(expect(await ann.get(f'{API}/me'))['id'])}}}"
        for stored in (b"", b"x", b"etag: 1\n\n[]", b"no-etag: 1\r\n\r\n[]", b"\r\n\r\n"):
            await app.state.cache.redis.execute_command("HSET", key, "a2:/api/v1/tasks", stored)
            app.state.cached_reads.store._near._answers.clear()
            misses = reads_of(app, "miss")

            answer = await ann.get(TASKS)

            assert (answer.status_code, answer.content) == (200, first.content), stored
            assert reads_of(app, "miss") == misses + 1

    @pytest.mark.parametrize("header", ["*", "* ", " *\t"])
    async def test_does_not_take_any_version_for_a_valid_query(self, header: str, ann: httpx.AsyncClient) -> None:
        await ann.get(TASKS)

        assert (await ann.get(f"{TASKS}?limit=no", headers={"If-None-Match": header})).status_code == 422

    async def test_answers_head_without_a_body(self, ann: httpx.AsyncClient) -> None:
        whole = await ann.get(TASKS)
        head = await ann.head(TASKS)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.content))

    async def test_is_answered_from_the_start_of_a_session_known_elsewhere(
        self, ann: httpx.AsyncClient, sign_in: SignIn
    ) -> None:
        await ann.get(TASKS)
        phone = await sign_in("ann@example.com")

        assert (await phone.get(TASKS)).content == (await ann.get(TASKS)).content


class TestTheGarbageCollector:
    """Its work for each request was a tenth of a cached answer, and memory grew until it came."""

    async def test_has_nothing_to_do_with_what_the_cache_answers(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        await ann.get(TASKS)
        connection = _Connection(app, ann)
        await connection.get()

        with counted_garbage() as garbage:
            for _ in range(100):
                await connection.get()

        assert connection.statuses == [200] * 101
        # Not one cycle a request; the app's own timers, which leave some ten objects, go on meanwhile.
        assert garbage.count < 100

    async def test_is_seen_by_this_count(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        """The control: a request that holds what holds it."""
        connection = _Connection(app, ann)
        connection.keeps_scopes = True
        await connection.get()

        with counted_garbage() as garbage:
            for _ in range(100):
                await connection.get()

        assert garbage.count >= 100


class _Connection:
    """As the server does it: what takes an answer knows the request that it belongs to."""

    def __init__(self, app: FastAPI, caller: httpx.AsyncClient) -> None:
        self._app = app
        self._authorization = caller.headers["Authorization"].encode()
        self.keeps_scopes = False
        self.statuses: list[int] = []

    async def get(self) -> None:
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": TASKS,
            "query_string": b"",
            "headers": [(b"authorization", self._authorization)],
            "client": ("127.0.0.1", 1),
            "state": {},
        }

        cycle: Any = SimpleNamespace(
            scope=scope,
            transport=SimpleNamespace(
                write=lambda answer: self.statuses.append(int(answer.split()[1])), is_closing=lambda: False
            ),
            flow=SimpleNamespace(write_paused=False),
            **dict.fromkeys(("disconnected", "response_started", "response_complete"), False),
            keep_alive=True,
            default_headers=[],
            message_event=asyncio.Event(),
            on_response=lambda: None,
        )
        if self.keeps_scopes:
            scope["state"]["cycle"] = cycle
        await _WholeAnswers(cycle, self._app, None)(scope, _receive_nothing, _send_nothing)


async def _receive_nothing() -> Any:
    raise AssertionError("a GET has no body")


async def _send_nothing(_message: Any) -> None:
    raise AssertionError("a whole answer is sent at once")


class TestAChange:
    async def test_shows_in_the_next_read(self, ann: httpx.AsyncClient, paths: list[str]) -> None:
        before = [(await ann.get(path)).headers["etag"] for path in paths]
        await add_task(ann, "another", labels=["new"])
        after = [(await ann.get(path)).headers["etag"] for path in paths]

        same = [path for path, old, new in zip(paths, before, after, strict=True) if old == new]
        assert same == [paths[3], paths[4], paths[8]]  # the other task with its occurrences, and the list

    async def test_is_one_users_own(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, inspection: Any) -> None:
        await add_task(bob, "his")
        await bob.get(TASKS)
        await add_task(ann, "hers")
        inspection.forget()

        assert await titles(bob) == ["his"]
        assert not inspection.operations

    async def test_that_is_acknowledged_by_a_replay_shows_as_well(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        """Whoever made it may have died before it could say so."""
        expect(await ann.post(TASKS, json={"title": "old"}, headers=KEY), 201)
        await ann.get(TASKS)
        await raw_database["tasks"].update_one({"title": "old"}, {"$set": {"title": "new"}})
        assert await titles(ann) == ["old"]  # the control: nobody told the cache

        expect(await ann.post(TASKS, json={"title": "old"}, headers=KEY), 201)

        assert await titles(ann) == ["new"]


class TestAnEndedSession:
    @pytest.mark.parametrize("end", ["logout", "logout-all"])
    async def test_is_refused_what_is_cached(self, end: str, ann: httpx.AsyncClient, paths: list[str]) -> None:
        for path in paths:
            await ann.get(path)
        await ann.post(f"{API}/auth/{end}")

        assert {(await ann.get(path)).status_code for path in paths} == {401}

    async def test_leaves_the_others_theirs(self, ann: httpx.AsyncClient, sign_in: SignIn) -> None:
        phone = await sign_in("ann@example.com")
        await ann.get(TASKS)
        await phone.get(TASKS)
        await ann.post(f"{API}/auth/logout")

        assert ((await phone.get(TASKS)).status_code, (await ann.get(TASKS)).status_code) == (200, 401)

    async def test_includes_one_whose_role_has_changed(
        self,
        ann: httpx.AsyncClient,
        raw_database: AsyncDatabase[dict[str, Any]],
        app: FastAPI,
        sign_in: SignIn,
        forget_answers: Callable[[], Any],
    ) -> None:
        await ann.get(TASKS)
        await raw_database["users"].update_one({"email": "ann@example.com"}, {"$set": {"role": "admin"}})
        await forget_answers()
        admin = await sign_in("ann@example.com")
        assert (await admin.get(TASKS)).status_code == 200

        assert (await ann.get(TASKS)).status_code == 401


class TestManyWhoAskAtOnce:
    async def test_share_one_read(self, ann: httpx.AsyncClient, app: FastAPI, inspection: Any) -> None:
        await add_task(ann)
        await ann.get(f"{API}/me")  # makes the session known
        inspection.forget()

        answers = await asyncio.gather(*(ann.get(TASKS) for _ in range(10)))

        assert {answer.content for answer in answers} == {answers[0].content}
        assert [operation.collection for operation in inspection.operations] == ["tasks"]

    async def test_each_get_their_own_where_the_shared_one_fails(self, ann: httpx.AsyncClient, failing: Any) -> None:
        await add_task(ann)
        await ann.get(f"{API}/me")
        async with failing("find", times=2, errorCode=20):  # IllegalOperation: nobody tries again
            answers = await asyncio.gather(*(ann.get(TASKS) for _ in range(5)))

        assert {answer.status_code for answer in answers} == {200, 500}


class TestWhatIsNotKept:
    async def test_is_large(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        for number in range(MAX_ANSWER_BYTES // 20_000 + 1):
            await add_task(ann, str(number), notes="x" * 20_000)
        size = len((await ann.get(TASKS)).content)
        inspection.forget()
        await ann.get(TASKS)

        assert size > MAX_ANSWER_BYTES
        assert inspection.operations

    @pytest.mark.parametrize("path", [f"{TASKS}/0198c7a2-6f00-7000-8000-000000000000", f"{TASKS}?limit=0"])
    async def test_is_an_error(self, path: str, ann: httpx.AsyncClient) -> None:
        first, again = await ann.get(path), await ann.get(path)

        assert (first.status_code, again.status_code) in {(404, 404), (422, 422)}
        assert first.json()["request_id"] != again.json()["request_id"]

    async def test_has_a_path_that_looks_like_another_with_a_query(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        path = f"{TASKS}/{task['id']}"
        first = await ann.get(f"{path}%3Fx=1")

        assert (await ann.get(f"{path}?x=1")).status_code == 422
        assert (await ann.get(f"{path}%3Fx=1")).status_code == first.status_code == 422

    async def test_has_a_very_long_query(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        path = f"{TASKS}?q={'%20' * 60}a&{'&'.join(['status=todo'] * 100)}"
        await ann.get(path)
        before = reads_of(app, "hit")

        assert (await ann.get(path)).status_code == 200
        assert reads_of(app, "hit") == before


class TestWhatIsSeldomAskedAgain:
    """A search as it is typed, a page further on, an instant: they would push out what others ask for."""

    @pytest.fixture(params=["q=milk", "status=todo&q=milk", "cursor={cursor}", "due_before=2027-01-01T00:00:00Z"])
    async def path(self, request: pytest.FixtureRequest, ann: httpx.AsyncClient) -> str:
        for title in ("milk", "more milk"):
            await add_task(ann, title, due={"date": "2026-12-01"})
        cursor = expect(await ann.get(f"{TASKS}?limit=1"))["next_cursor"]
        return f"{TASKS}?limit=1&{request.param.format(cursor=cursor)}"

    async def test_is_kept_from_the_second_time_on(
        self, path: str, ann: httpx.AsyncClient, app: FastAPI, inspection: Any
    ) -> None:
        fills = app.state.metrics.cache.fills
        before = {outcome: fills[outcome]._value.get() for outcome in ("stored", "not_admitted")}
        asked: list[bool] = []
        for _ in range(3):
            inspection.forget()
            assert (await ann.get(path)).status_code == 200
            asked.append(bool(inspection.operations))

        assert asked == [True, True, False]
        assert {outcome: fills[outcome]._value.get() - count for outcome, count in before.items()} == {
            "stored": 1,
            "not_admitted": 1,
        }

    async def test_gets_304_all_the_same(self, path: str, ann: httpx.AsyncClient, inspection: Any) -> None:
        etag = (await ann.get(path)).headers["etag"]
        inspection.forget()

        assert (await ann.get(path, headers={"If-None-Match": etag})).status_code == 304
        assert not inspection.operations

    @pytest.mark.parametrize("query", ["due_before=2027-01-01", "status=todo&sort=-due", "label=q%3D"])
    async def test_is_not_what_a_view_shows(self, query: str, ann: httpx.AsyncClient, inspection: Any) -> None:
        """The control: days and labels are asked for whenever somebody looks at them."""
        await ann.get(f"{TASKS}?{query}")
        inspection.forget()
        await ann.get(f"{TASKS}?{query}")

        assert not inspection.operations


class TestWithoutACacheServer:
    @pytest.fixture(params=[1, 2])
    async def workers(self, request: pytest.FixtureRequest) -> int:
        return request.param

    @pytest.fixture
    async def lone(
        self, app: FastAPI, settings: Settings, clock: FakeClock, workers: int, inspection: Any
    ) -> AsyncIterator[httpx.AsyncClient]:
        alone = settings.model_copy(update={"cache": CacheSettings(url=None, workers=workers)})
        service = create_app(alone, clock=clock, listeners=[inspection])
        async with service.router.lifespan_context(service):
            transport = httpx.ASGITransport(service)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
                answer = await client.post(f"{API}/auth/dev/login", json={"email": "cid@example.com"})
                client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
                yield client

    async def test_a_lone_process_caches_by_itself_and_several_do_not(
        self, lone: httpx.AsyncClient, workers: int, inspection: Any
    ) -> None:
        task = await add_task(lone, "old")
        await lone.get(TASKS)
        inspection.forget()
        await lone.get(TASKS)
        assert bool(inspection.operations) is (workers > 1)

        await patch_task(lone, task, title="new")

        assert await titles(lone) == ["new"]
