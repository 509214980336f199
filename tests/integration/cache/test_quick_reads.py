"""Answers that a process knows by heart, over a real connection: they must not differ from those of the long way."""

import asyncio
import pkgutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from structlog.testing import capture_logs
from uvicorn.server import ServerState

from app.api.quick_reads import QUICK_READS, QuickReads
from app.core.request_metrics import AnswerKind
from app.core.settings import RateLimitSettings, Settings
from app.http_protocol import HttpProtocol
from app.main import create_app
from tests.conftest import until_cached
from tests.factories.garbage import counted_garbage
from tests.integration.api.live import LiveServer, serve
from tests.integration.tasks.calls import API, TASKS, add_task, expect, titles
from tests.integration.tokens.conftest import make_token
from tests.waiting import until

LOGIN = "/api/v1/auth/dev/login"
USER_LIMIT = 150


class Log:
    """An access log that a test reads."""

    def __init__(self) -> None:
        self.lines: list[tuple[AnswerKind, str | None]] = []

    def write(self, kind: AnswerKind, _seconds: float, user_id: str | None, *_names: object) -> None:
        self.lines.append((kind, user_id))

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def of_tasks(self) -> list[tuple[AnswerKind, str | None]]:
        return [line for line in self.lines if line[0][:2] == ("GET", TASKS)]


class Service:
    """A process behind its socket; `taken` tells of each request whether it was taken without a task."""

    def __init__(self, app: FastAPI, live: LiveServer, log: Log, taken: list[bool]) -> None:
        self.app = app
        self.live = live
        self.log = log
        self.taken = taken

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.live.port}", trust_env=False)


@pytest.fixture
async def start(
    app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Awaitable[Service]]]:
    """Starts processes; `app` is there for the empty database."""
    begin = QuickReads.begin
    taken: list[bool] = []

    def begin_and_tell(self: QuickReads, *arguments: Any) -> bool:
        taken.append(begin(self, *arguments))
        return taken[-1]

    monkeypatch.setattr(QuickReads, "begin", begin_and_tell)
    limited = settings.model_copy(update={"rate_limits": RateLimitSettings(user=f"{USER_LIMIT}/day")})
    async with AsyncExitStack() as stack:

        async def start_one() -> Service:
            process = create_app(limited, access_log=(log := Log()))
            live = await stack.enter_async_context(serve(process, lifespan="on"))
            await until_cached(process)
            return Service(process, live, log, taken)

        yield start_one


@pytest.fixture
async def service(start: Callable[[], Awaitable[Service]]) -> Service:
    return await start()


@pytest.fixture
async def caller(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a task, whose list is known by heart."""
    async with service.client() as client:
        await sign_in(client, "quick@example.com")
        await add_task(client, "first")
        await learn(client, service)
        yield client


async def sign_in(client: httpx.AsyncClient, email: str) -> None:
    answer = await client.post(LOGIN, json={"email": email})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"


async def learn(client: httpx.AsyncClient, service: Service) -> None:
    """Read the list until the process knows it by heart, and nothing has to be asked of the router any more."""
    async with asyncio.timeout(10):
        while not service.taken[-1]:
            await until_cached(service.app)  # a machine that is busy may lose sight of its cache server again
            expect(await client.get(TASKS))


async def learn_anew(client: httpx.AsyncClient, service: Service) -> None:
    service.taken.append(False)
    await learn(client, service)


def without_names(answer: httpx.Response) -> dict[str, str]:
    """The headers but for those that differ with each request."""
    own = {"x-request-id", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset", "date"}
    return {name: value for name, value in answer.headers.items() if name not in own}


class TestAnAnswerThatIsKnown:
    async def test_is_that_of_the_long_way(self, service: Service, caller: httpx.AsyncClient) -> None:
        quick = await caller.get(TASKS)
        assert service.taken[-1]
        unknown = await caller.get(f"{TASKS}?limit=50")
        assert not service.taken[-1]

        assert (quick.status_code, quick.json()) == (unknown.status_code, unknown.json())
        names = {name for name in unknown.headers if name != "etag"}
        assert {name for name in quick.headers if name != "etag"} == names
        for _ in range(3):
            again = await caller.get(f"{TASKS}?limit=50")
        assert service.taken[-1]
        assert (again.content, without_names(again)) == (unknown.content, without_names(unknown))

    async def test_is_304_for_whoever_has_it(self, service: Service, caller: httpx.AsyncClient) -> None:
        etag = (await caller.get(TASKS)).headers["ETag"]
        unchanged = await caller.get(TASKS, headers={"If-None-Match": etag})
        assert service.taken[-1]
        other = await caller.get(TASKS, headers={"If-None-Match": '"another"'})
        assert service.taken[-1]

        assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", etag)
        assert (other.status_code, other.headers["ETag"]) == (200, etag)

    async def test_is_counted_and_logged_as_any_other(self, service: Service, caller: httpx.AsyncClient) -> None:
        user_id = (await caller.get(f"{API}/me")).json()["id"]
        hits = service.app.state.metrics.cache.reads.counts["hit"]
        known = len(service.log.of_tasks)
        answers = [await caller.get(TASKS) for _ in range(3)]

        assert service.taken[-3:] == [True] * 3
        assert service.log.of_tasks[known:] == [(("GET", TASKS, 200), user_id)] * 3
        assert service.app.state.metrics.cache.reads.counts["hit"] == hits + 3
        text = service.app.state.metrics.render().decode()
        assert f'requests_total{{method="GET",route="{TASKS}",status="200"}}' in text
        assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3

    async def test_bears_the_names_that_the_caller_chose(self, service: Service, caller: httpx.AsyncClient) -> None:
        answer = await caller.get(TASKS, headers={"X-Request-ID": "mine"})

        assert service.taken[-1]
        assert answer.headers["X-Request-ID"] == "mine"

    async def test_leaves_nothing_to_the_garbage_collector(self, service: Service, caller: httpx.AsyncClient) -> None:
        config = uvicorn.Config(service.app, http=HttpProtocol, interface="asgi3", ws="none", log_config=None)
        config.load()
        state, server_state = {QUICK_READS: service.app.state.quick_reads}, ServerState()
        statuses = []
        with counted_garbage() as garbage:
            for _ in range(100):
                connection = Connection(HttpProtocol(config, server_state, state))
                statuses.append(await connection.get(caller.headers["Authorization"]))
                connection.close()

        assert service.taken[-100:] == [True] * 100
        assert statuses == [200] * 100
        assert garbage.count < 100


class TestAnAnswerThatHasChanged:
    async def test_is_never_given_again(self, service: Service, caller: httpx.AsyncClient) -> None:
        for number in range(5):
            await add_task(caller, f"number {number}")
            for _ in range(3):
                assert f"number {number}" in await titles(caller)
        assert service.taken.count(True) >= 5

    async def test_in_another_process_is_never_given_again(
        self, start: Callable[[], Awaitable[Service]], caller: httpx.AsyncClient
    ) -> None:
        async with (await start()).client() as elsewhere:
            elsewhere.headers["Authorization"] = caller.headers["Authorization"]
            for number in range(5):
                await add_task(elsewhere, f"number {number}")
                for _ in range(3):
                    assert f"number {number}" in await titles(caller)

    async def test_counts_once_on_its_long_way(self, service: Service, caller: httpx.AsyncClient) -> None:
        before = await caller.get(TASKS)
        await service.app.state.cache.redis.execute_command("FLUSHALL")
        after = await caller.get(TASKS)

        assert service.taken[-2:] == [True, True]  # the second one in vain
        remaining = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (before, after)]
        assert remaining == [remaining[0], remaining[0] - 1]
        assert after.headers["RateLimit"].count("r=") == 1
        assert service.log.of_tasks[-1][0] == ("GET", TASKS, 200)


class TestWhoMayNotHaveIt:
    async def test_whose_session_has_ended(self, service: Service, caller: httpx.AsyncClient) -> None:
        await caller.post(f"{API}/auth/logout-all")

        assert (await caller.get(TASKS)).status_code == 401

    async def test_somebody_else(self, service: Service, caller: httpx.AsyncClient) -> None:
        async with service.client() as other:
            await sign_in(other, "other@example.com")
            for _ in range(4):
                assert await titles(other) == []
            assert service.taken[-1]

    async def test_whose_personal_token_was_revoked_or_lacks_the_scope(
        self, service: Service, caller: httpx.AsyncClient
    ) -> None:
        reading, other = await make_token(caller), await make_token(caller, "tasks:write")
        async with service.client() as script:
            script.headers["Authorization"] = f"Bearer {reading['secret']}"
            await learn_anew(script, service)
            script.headers["Authorization"] = f"Bearer {other['secret']}"
            statuses = [(await script.get(TASKS)).status_code for _ in range(3)]
            script.headers["Authorization"] = f"Bearer {reading['secret']}"
            assert (await caller.delete(f"{API}/me/tokens/{reading['id']}")).status_code == 204

            assert (statuses, (await script.get(TASKS)).status_code) == ([403] * 3, 401)

    async def test_whose_role_is_another_than_the_token_says(
        self, service: Service, caller: httpx.AsyncClient
    ) -> None:
        redis = service.app.state.cache.redis
        (key,) = await redis.keys("taskfleet:user:*")
        (field,) = [name for name in await redis.hkeys(key) if name.startswith(b"s:")]
        await redis.hset(key, field, "admin UTC")
        hits = service.app.state.metrics.cache.reads.counts["hit"]
        expect(await caller.get(TASKS))  # from the router, which asks MongoDB

        assert service.taken[-1]
        assert service.app.state.metrics.cache.reads.counts["hit"] == hits

    async def test_who_has_asked_too_often(self, service: Service, caller: httpx.AsyncClient) -> None:
        answers = [await caller.get(TASKS) for _ in range(USER_LIMIT + 5)]
        statuses = [answer.status_code for answer in answers]

        assert set(statuses) == {200, 429}
        assert statuses == sorted(statuses)
        remaining = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers if answer.status_code == 200]
        assert remaining == list(range(remaining[0], -1, -1))
        refusals = service.app.state.metrics.rate_limit_refusals.labels("user")._value.get()
        assert refusals == statuses.count(429)


class TestTheLongWay:
    async def test_is_gone_while_the_cache_is_not_believed(self, service: Service, caller: httpx.AsyncClient) -> None:
        service.app.state.cached_reads.store._watch.distrust()

        assert await titles(caller) == ["first"]

    async def test_is_gone_for_a_reply_that_is_not_believed(
        self, service: Service, caller: httpx.AsyncClient
    ) -> None:
        watch = service.app.state.cached_reads.store._watch
        watch._horizon_us = time.time_ns() // 1_000 + 60_000_000
        hits = service.app.state.metrics.cache.reads.counts["hit"]

        assert await titles(caller) == ["first"]
        assert service.taken[-1]
        assert service.app.state.metrics.cache.reads.counts["hit"] == hits

    @pytest.mark.parametrize("place", ["app.cache.redis_store.RedisStore._hear", "app.api.kept_answer.Answer.decode"])
    async def test_is_gone_when_the_reply_cannot_be_heard(
        self, service: Service, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        with monkeypatch.context() as patch, capture_logs() as logs:
            original = pkgutil.resolve_name(place)

            def fail_once(*_arguments: object) -> None:
                patch.setattr(place, original)
                raise RuntimeError("a fault")

            patch.setattr(place, fail_once)
            assert await titles(caller) == ["first"]

        assert service.taken[-1]
        assert len([log for log in logs if log["log_level"] == "error"]) == 1

    @pytest.mark.parametrize("method", ["find_answer", "_begin"])
    async def test_is_gone_after_a_fault_of_ours(
        self, service: Service, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, method: str
    ) -> None:
        def fail(*_arguments: object) -> None:
            raise RuntimeError("a fault")

        monkeypatch.setattr(QuickReads, method, fail)
        with capture_logs() as logs:
            assert await titles(caller) == ["first"]

        assert [log["event"] for log in logs if log["log_level"] == "error"] == ["quick_read_failed"]

    @pytest.mark.parametrize("is_traced", [True, False])
    async def test_is_the_only_one_where_requests_are_traced(self, settings: Settings, is_traced: bool) -> None:
        endpoint = "http://127.0.0.1:1" if is_traced else None
        observability = settings.observability.model_copy(update={"otlp_endpoint": endpoint})
        process = create_app(settings.model_copy(update={"observability": observability}))
        async with process.router.lifespan_context(process) as state:
            assert (state[QUICK_READS] is None) == is_traced


class TestAConnection:
    async def test_gets_its_answers_in_the_order_of_its_requests(
        self, service: Service, caller: httpx.AsyncClient
    ) -> None:
        head = f"Host: x\r\nAuthorization: {caller.headers['Authorization']}\r\n".encode()
        requests = [
            b"GET %b HTTP/1.1\r\nX-Request-ID: %d\r\n%b\r\n" % (path.encode(), number, head)
            for number, path in enumerate([TASKS, f"{TASKS}?limit=7", TASKS, f"{API}/me", TASKS])
        ]
        last = requests[-1].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        answer = await service.live.send(b"".join([*requests[:-1], last]))

        assert answer.count(b"HTTP/1.1 200 OK\r\n") == 5
        positions = [answer.index(b"x-request-id: %d\r\n" % number) for number in range(5)]
        assert positions == sorted(positions)
        assert True in service.taken[-5:]

    async def test_that_is_to_close_is_closed_after_the_answer(
        self, service: Service, caller: httpx.AsyncClient
    ) -> None:
        answer = await caller.get(TASKS, headers={"Connection": "close"})

        assert service.taken[-1]
        assert answer.headers["Connection"] == "close"
        assert answer.json()["items"]

    async def test_of_http_1_0_is_closed_after_the_answer(self, service: Service, caller: httpx.AsyncClient) -> None:
        head = f"GET {TASKS} HTTP/1.0\r\nAuthorization: {caller.headers['Authorization']}\r\n\r\n"
        answer = await service.live.send(head.encode())

        assert service.taken[-1]
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b'"first"' in answer

    async def test_that_was_cut_is_reported_all_the_same(self, service: Service, caller: httpx.AsyncClient) -> None:
        """What follows the request is no HTTP, and ends the connection before the reply is there."""
        known = len(service.log.of_tasks)
        head = f"GET {TASKS} HTTP/1.1\r\nHost: x\r\nAuthorization: {caller.headers['Authorization']}\r\n\r\n"
        answer = await service.live.send(2 * head.encode() + b"nonsense\r\n\r\n")
        await until(lambda: len(service.log.of_tasks) > known)

        assert answer.startswith(b"HTTP/1.1 400 ")


class Connection:
    """A connection to a process without the network: the protocol over a transport that only notes."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._protocol = protocol
        self._transport = Transport()
        protocol.connection_made(self._transport)

    async def get(self, authorization: str) -> int:
        """Ask for the tasks, and return the status of the answer."""
        self._protocol.data_received(f"GET {TASKS} HTTP/1.1\r\nAuthorization: {authorization}\r\n\r\n".encode())
        async with asyncio.timeout(10):
            while not self._transport.statuses:  # noqa: ASYNC110 - the reply of the cache server brings it about
                await asyncio.sleep(0)
        return self._transport.statuses[0]

    def close(self) -> None:
        self._protocol.connection_lost(None)


class Transport(asyncio.Transport):
    """Notes the statuses of the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[int] = []

    def write(self, data: bytes) -> None:
        self.statuses.append(int(data.split(b" ", 2)[1]))

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """It was never paused."""

    def close(self) -> None:
        """There is nothing to be closed."""
