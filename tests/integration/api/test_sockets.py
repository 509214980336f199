"""What only a real connection can show: bytes that are no HTTP, bodies that never end, clients that hang up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.api.middleware import DeadlineMiddleware
from tests.integration.api.live import LiveServer, serve
from tests.integration.api.problem_shape import MEMBERS, assert_problem
from tests.integration.tasks.calls import TASKS, add_task


@pytest.fixture
async def live(app: FastAPI) -> AsyncIterator[LiveServer]:
    async with serve(app) as server:
        yield server


@pytest.fixture
def token(ann: httpx.AsyncClient) -> bytes:
    return b"Authorization: " + ann.headers["Authorization"].encode() + b"\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem_of(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    return json.loads(body)


class TestBytesThatAreNoRequest:
    @pytest.mark.parametrize(
        "line",
        [
            b"nonsense",
            b"GET /livez HTTP/9.9",
            b"GET /api/v1/tasks?label=\xff HTTP/1.1",
            b"GET /\x00 HTTP/1.1",
            b"GET /livez HTTP/1.1\r\nX-Request-ID: a\x00b",
            b"GET /livez HTTP/1.1\r\nbad header: 1",
            b"POST /api/v1/tasks HTTP/1.1\r\nContent-Length: -1",
            b"POST /api/v1/tasks HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
            b"POST /api/v1/tasks HTTP/1.1\r\nContent-Length: " + b"9" * 5_000,
        ],
    )
    async def test_are_refused_with_400(self, line: bytes, live: LiveServer) -> None:
        answer = await live.send(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert status_of(answer) == 400
        problem = problem_of(answer)
        assert problem.keys() == MEMBERS
        assert (problem["type"], problem["status"]) == ("/problems/malformed-request", 400)
        assert f"X-Request-ID: {problem['request_id']}\r\n".encode() in answer


class TestTheHeadOfARequest:
    @pytest.mark.parametrize(
        "head",
        [
            b"GET /livez HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 1_000_000,
            b"GET /livez HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 100_000,
            b"GET /livez?" + b"x" * 1_000_000,
        ],
        ids=["long header", "many headers", "long path"],
    )
    async def test_is_refused_when_it_does_not_end(self, head: bytes, live: LiveServer) -> None:
        answer = await live.send(head, piece_bytes=16_384)

        assert status_of(answer) == 431
        assert problem_of(answer)["type"] == "/problems/request-head-too-large"

    async def test_may_be_long(self, live: LiveServer) -> None:
        head = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + b"x" * 60_000 + b"\r\n\r\n"

        assert status_of(await live.send(head, piece_bytes=1_000)) == 200

    async def test_may_follow_a_long_body(self, live: LiveServer) -> None:
        """Several requests on one connection, each in pieces that end in the next one's head."""
        body = b" " * 500_000
        request = b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

        answer = await live.send(request * 3 + last, piece_bytes=200_000)

        assert answer.count(b"HTTP/1.1 405 ") == 3
        assert answer.count(b"HTTP/1.1 200 ") == 1


class TestABodyOverASocket:
    @pytest.mark.parametrize("is_announced", [True, False])
    async def test_is_refused_when_it_is_too_long_and_the_refusal_arrives(
        self, is_announced: bool, live: LiveServer, ann: httpx.AsyncClient
    ) -> None:
        async def in_chunks() -> AsyncIterator[bytes]:
            for _ in range(48):
                yield b" " * 65_536

        content = b" " * (48 * 65_536) if is_announced else in_chunks()
        headers = {"Authorization": ann.headers["Authorization"], "Content-Type": "application/json"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{live.port}", headers=headers) as client:
            answer = await client.post("/api/v1/tasks", content=content)

            assert assert_problem(answer, 413)["type"] == "/problems/payload-too-large"
            assert (await client.get("/api/v1/tasks")).status_code == 200

    async def test_is_not_waited_for_beyond_the_deadline(self, app: FastAPI, token: bytes) -> None:
        impatient = DeadlineMiddleware(app, timeout_seconds=0.2)
        head = b"POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n"

        async with serve(impatient) as live:
            answer = await live.send(head + b"Content-Type: application/json\r\n" + token + b'\r\n{"title')

        assert status_of(answer) == 503
        assert problem_of(answer)["type"] == "/problems/service-unavailable"


class TestAClientThatHangsUp:
    async def test_is_no_fault_of_ours(self, live: LiveServer, token: bytes, ann: httpx.AsyncClient) -> None:
        head = b"POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n"
        with capture_logs() as logs:
            _, writer = await asyncio.open_connection("127.0.0.1", live.port)
            writer.write(head + token + b'\r\n{"title')
            await writer.drain()
            writer.close()
            async with asyncio.timeout(10):
                while not any(entry["event"] == "request" for entry in logs):  # noqa: ASYNC110 - a log sets no event
                    await asyncio.sleep(0.01)

        (entry,) = [entry for entry in logs if entry["event"] == "request"]
        assert entry["status"] == 499
        assert not [entry for entry in logs if entry["log_level"] == "error"]

    async def test_has_its_change_done_or_undone_and_the_next_is_served(
        self, live: LiveServer, token: bytes, ann: httpx.AsyncClient
    ) -> None:
        body = b'{"title": "Buy milk"}'
        head = b"POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", live.port)
            writer.write(head + b"Content-Type: application/json\r\n" + token + b"\r\n" + body)
            await writer.drain()
            writer.close()

        assert (await ann.post("/api/v1/tasks", json={"title": "Buy bread"})).status_code == 201
        tasks = (await ann.get("/api/v1/tasks?sort=updated")).json()["items"]
        assert len({task["revision"] for task in tasks}) == len(tasks)


@pytest.fixture
def count_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Note the messages by which uvicorn itself is given the answers of a path."""

    def count(path: str) -> list[str]:
        sent: list[str] = []
        original = RequestResponseCycle.send

        async def send(cycle: RequestResponseCycle, message: Any) -> None:
            if cycle.scope["path"] == path:
                sent.append(message["type"])
            await original(cycle, message)

        monkeypatch.setattr(RequestResponseCycle, "send", send)
        return sent

    return count


class TestACachedAnswer:
    """It leaves through a door of its own, where the connection allows."""

    @pytest.fixture
    async def request_head(self, live: LiveServer, ann: httpx.AsyncClient, token: bytes) -> bytes:
        await add_task(ann)
        await ann.get(TASKS)
        return b"%b /api/v1/tasks HTTP/1.1\r\nHost: x\r\n" + token

    @pytest.fixture
    async def plain(self, ann: httpx.AsyncClient, request_head: bytes) -> httpx.Response:
        """The same answer from a server that knows of no such door."""
        return await ann.get(TASKS)

    async def test_says_what_it_says_elsewhere(
        self, live: LiveServer, request_head: bytes, plain: httpx.Response
    ) -> None:
        closing = request_head % b"GET" + b"Connection: close\r\n\r\n"
        answer, last = parse_answers(await live.send(request_head % b"GET" + b"\r\n" + closing))

        for status, headers, body in (answer, last):
            assert (status, body) == (200, plain.content)
            assert plain.headers.keys() <= headers.keys()
            assert len(headers["x-request-id"]) == 16
            for name in ("etag", "content-type", "content-length", "vary", "x-frame-options", "referrer-policy"):
                assert headers[name] == plain.headers[name]
        assert last[1].keys() - answer[1].keys() == {"connection"}

    @pytest.mark.parametrize(("connection", "parts"), [(b"", 0), (b"Connection: close\r\n", 2)])
    async def test_needs_uvicorn_only_where_the_connection_is_to_end(
        self,
        connection: bytes,
        parts: int,
        live: LiveServer,
        request_head: bytes,
        count_parts: Callable[[str], list[str]],
    ) -> None:
        sent = count_parts(TASKS)
        last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        await live.send(request_head % b"GET" + connection + b"\r\n" + last)

        assert len(sent) == parts

    async def test_comes_in_its_turn_on_a_pipelined_connection(
        self, live: LiveServer, request_head: bytes, plain: httpx.Response
    ) -> None:
        get, unknown = request_head % b"GET", request_head.replace(b"/tasks", b"/nothing") % b"GET"
        etag = b"If-None-Match: " + plain.headers["etag"].encode() + b"\r\n"
        stream = get + b"\r\n" + unknown + b"\r\n" + get + etag + b"\r\n" + get + b"Connection: close\r\n\r\n"

        answers = parse_answers(await live.send(stream))

        assert [status for status, _, _ in answers] == [200, 404, 304, 200]
        assert [answers[0][2], answers[2][2], answers[3][2]] == [plain.content, b"", plain.content]

    async def test_has_no_body_for_head(self, live: LiveServer, request_head: bytes, plain: httpx.Response) -> None:
        head, _, body = (await live.send(request_head % b"HEAD" + b"Connection: close\r\n\r\n")).partition(
            b"\r\n\r\n"
        )

        assert (status_of(head), body) == (200, b"")
        assert f"content-length: {len(plain.content)}\r\n".encode() in head

    async def test_ends_the_connection_of_an_old_client(
        self, live: LiveServer, request_head: bytes, plain: httpx.Response
    ) -> None:
        answer = await live.send(request_head.replace(b"1.1", b"1.0") % b"GET" + b"\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")

        assert (status_of(head), body) == (200, plain.content)
        assert b"connection: close" in head


class TestWhatARouteAnswers:
    @pytest.mark.parametrize(("connection", "parts"), [(b"", 0), (b"Connection: close\r\n", 2)])
    async def test_leaves_through_the_same_door(
        self, connection: bytes, parts: int, live: LiveServer, token: bytes, count_parts: Callable[[str], list[str]]
    ) -> None:
        sent = count_parts(TASKS)
        post = b"POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
        last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        stream = await live.send(post + token + connection + b'\r\n{"title":"one"}' + last)
        status, headers, body = parse_answers(stream)[0]

        assert (status, json.loads(body)["title"]) == (201, "one")
        assert headers["location"] == f"{TASKS}/{json.loads(body)['id']}"
        assert len(sent) == parts


class TestARequestBehindAnother:
    async def test_knows_nothing_of_what_that_one_was_about(self) -> None:
        """Which of them an event in the log is about depends on it."""
        subject: ContextVar[str] = ContextVar("subject", default="nothing")
        found = []

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            found.append(subject.get())
            subject.set(scope["path"])
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})

        async with serve(app) as server:
            get = b"GET /one HTTP/1.1\r\nHost: x\r\n"
            await server.send(get + b"\r\n" + get + b"Connection: close\r\n\r\n")

        assert found == ["nothing", "nothing"]


def parse_answers(stream: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Take the answers on one connection apart: status, headers and body of each."""
    answers = []
    while stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if " 304 " in first else int(headers["content-length"])
        answers.append((int(first.split()[1]), headers, stream[:length]))
        stream = stream[length:]
    return answers
