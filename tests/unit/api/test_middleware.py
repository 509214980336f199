"""The middleware around any app: it answers what nobody else did, in time, and counts it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pymongo.errors import DuplicateKeyError, OperationFailure, ServerSelectionTimeoutError
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from app.api.middleware import (
    BodyLimitMiddleware,
    DeadlineMiddleware,
    HeadMiddleware,
    LogContextMiddleware,
    RequestContextMiddleware,
)
from app.api.problems import install_problem_handlers
from app.api.request_reports import RequestReports
from app.core.access_log import PlainAccessLog
from app.core.errors import NotFoundError
from app.core.metrics import Metrics
from tests.integration.api.problem_shape import assert_problem


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


async def _never_called() -> Message:
    raise AssertionError


async def _break_off(length: int) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        for _ in range(length):
            yield "begun"
        raise ZeroDivisionError("secret")

    return StreamingResponse(parts())


async def _begin_never() -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "never"

    return StreamingResponse(parts())


@pytest.fixture
def small_app(metrics: Metrics) -> FastAPI:
    """An app of a few routes under all of the middleware."""
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(DeadlineMiddleware, timeout_seconds=0.1)
    app.add_middleware(BodyLimitMiddleware, max_bytes=100)
    app.add_middleware(RequestContextMiddleware, reports=RequestReports(metrics, PlainAccessLog()))
    app.add_middleware(HeadMiddleware)

    def raising(error: Exception) -> None:
        async def fail() -> None:
            raise error

        app.add_api_route(f"/{type(error).__name__}", fail)

    for error in (
        NotFoundError("There is no such pot of tea."),
        ZeroDivisionError("secret"),
        ServerSelectionTimeoutError("db.internal:27017 refused"),
        OperationFailure("not authorised: secret", 13),
        DuplicateKeyError("secret"),
        TimeoutError("of somebody else"),
    ):
        raising(error)

    @app.get("/slow")
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    @app.get("/stubborn")
    async def answer_too_late() -> str:
        with contextlib.suppress(asyncio.CancelledError):  # as drivers do, who then tell of an error of theirs
            await asyncio.Event().wait()
        return "all the same"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "begun "
            long_enough = asyncio.Event()
            asyncio.get_running_loop().call_later(0.3, long_enough.set)
            await long_enough.wait()
            yield "done"

        return StreamingResponse(parts())

    app.add_api_route("/broken-stream/{length}", _break_off)
    app.add_api_route("/slow-stream", _begin_never)

    @app.websocket("/socket")
    async def refuse() -> None:
        """Never reached by http."""

    return app


@pytest.fixture
async def small(small_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(small_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class TestAnErrorOfARoute:
    async def test_is_told_when_it_is_meant_for_the_caller(self, small: httpx.AsyncClient) -> None:
        problem = assert_problem(await small.get("/NotFoundError"), 404)

        assert problem["detail"] == "There is no such pot of tea."

    @pytest.mark.parametrize(
        "path", ["/ZeroDivisionError", "/OperationFailure", "/DuplicateKeyError", "/TimeoutError"]
    )
    async def test_is_logged_and_not_told_when_it_is_ours(self, path: str, small: httpx.AsyncClient) -> None:
        with capture_logs() as logs:
            answer = await small.get(path)

        assert "secret" not in answer.text
        assert assert_problem(answer, 500)["type"] == "/problems/internal-error"
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["request_failed"]

    async def test_is_503_when_the_database_is_away(self, small: httpx.AsyncClient) -> None:
        answer = await small.get("/ServerSelectionTimeoutError")

        assert_problem(answer, 503)
        assert "db.internal" not in answer.text


class TestARequestThatTakesTooLong:
    async def test_gets_503(self, small: httpx.AsyncClient) -> None:
        async with asyncio.timeout(5):
            assert_problem(await small.get("/slow"), 503)

    async def test_gets_503_when_its_stream_does_not_begin(self, small: httpx.AsyncClient) -> None:
        async with asyncio.timeout(5):
            assert_problem(await small.get("/slow-stream"), 503)

    async def test_gets_what_is_answered_though_it_is_too_late(self, small: httpx.AsyncClient) -> None:
        async with asyncio.timeout(5):
            answer = await small.get("/stubborn")

        assert (answer.status_code, answer.json()) == (200, "all the same")

    async def test_may_stream_on_once_it_has_begun(self, small: httpx.AsyncClient) -> None:
        assert (await small.get("/stream")).text == "begun done"


class TestAnAnswerThatBreaksOff:
    async def test_is_logged_and_neither_completed_nor_answered_twice(self, small_app: FastAPI) -> None:
        """The server closes the connection, by which the client learns that something is missing."""
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.Event().wait()  # the client stays
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/broken-stream/1",
            "raw_path": b"/broken-stream/1",
            "query_string": b"",
            "headers": [],
        }
        with capture_logs() as logs:
            await small_app(scope, receive, send)

        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
        assert sent[-1]["more_body"]
        assert "request_failed" in [entry["event"] for entry in logs]

    async def test_counts_as_left_by_its_client_when_it_never_began(self, metrics: Metrics) -> None:
        async def begin_and_return(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        app = RequestContextMiddleware(begin_and_return, RequestReports(metrics, PlainAccessLog()))
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        with capture_logs() as logs:
            await app(scope, _never_called, send)

        assert not sent
        assert [entry["status"] for entry in logs if entry["event"] == "request"] == [499]

    async def test_is_answered_anew_when_nothing_has_left_yet(self, small_app: FastAPI) -> None:
        transport = httpx.ASGITransport(small_app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert_problem(await client.get("/broken-stream/0"), 500)


class TestTheCountOfRequests:
    async def test_has_one_series_for_all_that_is_not_there(self, small: httpx.AsyncClient, metrics: Metrics) -> None:
        for path in ("/a", "/b", "/c"):
            await small.get(path)

        assert b'taskfleet_http_requests_total{method="GET",route="(none)",status="404"} 3.0' in metrics.render()

    @pytest.mark.parametrize("method", ["BREW", "x" * 50])
    async def test_has_no_series_for_methods_that_somebody_made_up(
        self, method: str, small: httpx.AsyncClient, metrics: Metrics
    ) -> None:
        await small.request(method, "/a")

        assert method.encode() not in metrics.render()


class TestConnectionsOfOtherKinds:
    @pytest.mark.parametrize("kind", ["lifespan", "websocket"])
    async def test_pass_as_they_are(self, kind: str, metrics: Metrics) -> None:
        passed = []

        async def inner(scope: dict[str, object], receive: object, send: object) -> None:
            passed.append(scope)

        bounded = BodyLimitMiddleware(LogContextMiddleware(DeadlineMiddleware(inner, 1)), 1)
        app = HeadMiddleware(RequestContextMiddleware(bounded, RequestReports(metrics, PlainAccessLog())))
        scope = {"type": kind}
        await app(scope, None, None)

        assert passed == [scope]
