"""Strictness: paths, methods and query parameters that make no sense get a 4xx problem, whatever they hold."""

import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from tests.integration.api.problem_shape import assert_problem

# Of the processor's time, whatever else the machine does; a healthy refusal takes some 10 ms.
PATIENCE_SECONDS = 2.0

BAD_IDS = [
    "x",
    "1",
    "%00",
    "%ff",
    "%ED%A0%80",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "0198C7A2-6F00-7000-8000-000000000000",
    "0198c7a26f0070008000000000000000",
    "{0198c7a2-6f00-7000-8000-000000000000}",
    "urn:uuid:0198c7a2-6f00-7000-8000-000000000000",
    "0198c7a2-6f00-7000-8000-00000000000",
    "0198c7a2-6f00-7000-8000-000000000000%0a",
    "%D9%A0198c7a2-6f00-7000-8000-000000000000",
    "$where",
    "x" * 8_000,
]

# A router's pattern may end ahead of the first of them.
BAD_ENDS = ["%0a", "%0A%0a", "%0d%0a", "%00"]

BAD_QUERIES = [
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=",
    "limit=ten",
    "limit=1e2",
    "limit=" + "9" * 5_000,
    "status=open",
    "status=",
    "status=todo&status=nope",
    "list_id=x",
    "list_id=",
    "parent_id=inbox",
    "label=",
    "label=%00",
    "label=" + "x" * 51,
    "label=" + "x" * 60_000,
    "priority_min=5",
    "priority_min=high",
    "due_before=tomorrow",
    "due_before=2026-12-1",
    "due_before=2026-12-01T09:30:00",
    "due_before=2026-13-01T09:30:00Z",
    "due_before=2026-12-01T25:30:00Z",
    "due_before=2026-12-01T09:30:00%2B99:99",
    "due_before=0000-01-01T00:00:00Z",
    "due_before=99999-01-01T00:00:00Z",
    "due_after=2026-12-02T00:00:00Z&due_before=2026-12-01T00:00:00Z",
    "q=" + "x" * 201,
    "q=%00",
    "deleted=maybe",
    "sort=colour",
    "sort=--due",
    "sort=due%00",
    "sort=",
    "colour=blue",
    "limit[$gt]=1",
    "%00=1",
    "&".join(f"p{number}=1" for number in range(5_000)),
]

GOOD_QUERIES = [
    "",
    "limit=1",
    "limit=200",
    "status=todo&status=done&status=todo",
    "list_id=inbox",
    "list_id=0198c7a2-6f00-7000-8000-000000000000",
    "label=%ff",
    "label=%zz",
    "label=%F0%9F%98%80",
    'q="',
    "q=-milk",
    "q=%24where%20%7B%7D",
    "q=\\",
    "q=%ED%A0%80",
    "q=" + "%20" * 100,
    "q=" + quote("é" * 200),
    "due_before=2026-12-01T09:30:00.123456789Z",
    "due_after=1900-01-01T00:00:00%2B14:00",
    "sort=-updated",
    "&&&",
]


class TestAnIdThatIsNone:
    @pytest.mark.parametrize("text", BAD_IDS)
    async def test_is_refused(self, text: str, ann: httpx.AsyncClient) -> None:
        for kind in ("tasks", "lists", "me/sessions"):
            method = "DELETE" if kind == "me/sessions" else "GET"
            assert_problem(await ann.request(method, f"/api/v1/{kind}/{text}"), 404, 422)

    @pytest.mark.parametrize("text", BAD_IDS)
    async def test_is_refused_before_anything_is_done(self, text: str, ann: httpx.AsyncClient) -> None:
        assert_problem(await ann.post(f"/api/v1/tasks/{text}/complete"), 404, 422)
        assert_problem(await ann.patch(f"/api/v1/tasks/{text}", json={}), 404, 422)
        assert_problem(await ann.delete(f"/api/v1/lists/{text}"), 404, 422)


class TestAPathThatEndsInAControlCharacter:
    @pytest.mark.parametrize("end", BAD_ENDS)
    @pytest.mark.parametrize("route", ["GET /api/v1/tasks", "POST /api/v1/auth/refresh", "GET /livez", "GET /docs"])
    async def test_is_another_one(self, route: str, end: str, ann: httpx.AsyncClient) -> None:
        """Limits, the cache and links go by the path; a router that read it otherwise would lead past them."""
        method, path = route.split()

        assert_problem(await ann.request(method, path + end), 404)

    @pytest.mark.parametrize("path", ["/tasks/0198c7a2-6f00-7000-8000-000000000000", "/lists/x", "/auth/dev/login"])
    async def test_is_another_one_also_behind_a_parameter(self, path: str, ann: httpx.AsyncClient) -> None:
        problem = assert_problem(await ann.get(f"/api/v1{path}%0A"), 404)

        assert problem["detail"] == "There is nothing at this address."


class TestQueryParametersThatMakeNoSense:
    @pytest.mark.parametrize("query", BAD_QUERIES, ids=lambda query: query[:60])
    async def test_are_refused(self, query: str, ann: httpx.AsyncClient) -> None:
        started = time.process_time()

        problem = assert_problem(await ann.get(f"/api/v1/tasks?{query}"), 422)

        assert time.process_time() - started < PATIENCE_SECONDS
        assert problem["errors"]

    @pytest.mark.parametrize(
        "path",
        [
            "/lists?limit=0",
            "/lists?colour=blue",
            "/me/sessions?limit=999",
            "/sync?since=x",
            "/sync?limit=0",
        ],
    )
    async def test_are_refused_by_every_list(self, path: str, ann: httpx.AsyncClient) -> None:
        assert_problem(await ann.get(f"/api/v1{path}"), 422)


class TestQueryParametersThatLookStrange:
    @pytest.mark.parametrize("query", GOOD_QUERIES, ids=lambda query: query[:60])
    async def test_are_taken_for_what_they_are(self, query: str, ann: httpx.AsyncClient) -> None:
        answer = await ann.get(f"/api/v1/tasks?{query}")

        assert answer.status_code == 200, answer.text
        assert answer.json() == {"items": [], "next_cursor": None}


class TestAPathThatDoesNotExist:
    @pytest.mark.parametrize(
        "path",
        ["/nope", "/api", "/api/v1", "/api/v1/", "/api/v2/tasks", "/api/v1/tasks/", "/%00", "/%ff", "/.env"],
    )
    async def test_is_not_found(self, path: str, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        for caller in (ann, client):
            assert assert_problem(await caller.get(path), 404)["type"] == "/problems/not-found"


class TestAMethodThatAPathDoesNotHave:
    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/api/v1/tasks", "GET, HEAD, POST"),
            ("DELETE", "/api/v1/tasks", "GET, HEAD, POST"),
            ("POST", "/api/v1/tasks/0198c7a2-6f00-7000-8000-000000000000", "GET, HEAD, PATCH, DELETE"),
            ("PUT", "/api/v1/lists/x", "GET, HEAD, PATCH, DELETE"),
            ("GET", "/api/v1/tasks/x/complete", "POST"),
            ("HEAD", "/api/v1/tasks/x/complete", "POST"),
            ("OPTIONS", "/api/v1/me", "GET, HEAD, PATCH, DELETE"),
            ("TRACE", "/livez", "GET, HEAD"),
            ("CONNECT", "/livez", "GET, HEAD"),
            ("BREW", "/readyz", "GET, HEAD"),
            ("POST", "/openapi.json", "GET, HEAD"),
        ],
    )
    async def test_is_refused_with_all_that_it_has(
        self, method: str, path: str, allowed: str, client: httpx.AsyncClient
    ) -> None:
        answer = await client.request(method, path)

        assert answer.status_code == 405
        assert answer.headers["Allow"] == allowed
        if method != "HEAD":
            assert_problem(answer, 405)


class TestARequestThatNoClientWouldSend:
    """Bytes that a server passes on although they are not ASCII."""

    async def send(self, app: FastAPI, **scope: Any) -> int:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        usual = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/livez",
            "raw_path": b"/livez",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        await app(usual | scope, receive, send)
        return messages[0]["status"]

    @pytest.mark.parametrize("query", [b"limit=\xff", b"\xff\xfe=1", b"label=\x00\x01\xc3"])
    async def test_is_answered_when_its_query_is_no_ascii(
        self, query: bytes, app: FastAPI, ann: httpx.AsyncClient
    ) -> None:
        headers = [(b"authorization", ann.headers["Authorization"].encode())]
        for path in ("/api/v1/tasks", "/api/v1/lists", "/api/v1/sync", "/livez", "/nope", "/api/v1/auth/dev/login"):
            status = await self.send(app, path=path, query_string=query, headers=headers)
            assert 200 <= status < 500, path

    @pytest.mark.parametrize("value", [b"", b"\xff", b"\x00", b'"', b"\xed\xa0\x80", b"x" * 100_000, b", , ,", b"W/"])
    async def test_is_answered_whatever_its_headers_hold(
        self, value: bytes, app: FastAPI, ann: httpx.AsyncClient
    ) -> None:
        names = [
            *(b"authorization", b"cookie", b"host", b"if-match", b"if-none-match", b"idempotency-key", b"origin"),
            *(b"x-request-id", b"traceparent", b"content-type", b"content-length", b"user-agent", b"accept"),
            *(b"sec-fetch-site", b"x-forwarded-for", b"accept-encoding"),
        ]
        usual = (b"authorization", ann.headers["Authorization"].encode())
        for name in names:
            for method, path in (("GET", "/api/v1/tasks"), ("POST", "/api/v1/tasks"), ("PATCH", "/api/v1/me")):
                headers = [(name, value)] if name == b"authorization" else [usual, (name, value)]
                status = await self.send(app, method=method, path=path, headers=headers)
                assert 200 <= status < 500, name
