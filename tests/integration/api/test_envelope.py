"""What surrounds every answer: request ids, tracing, security headers, HEAD, metrics."""

import re

import httpx
import pytest
import structlog
from fastapi import FastAPI
from structlog.testing import capture_logs

from tests.integration.api.problem_shape import assert_problem

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestTheIdOfARequest:
    @pytest.mark.parametrize("request_id", ["1", "a-b.c_d", "A/b=c+d:e", "x" * 128])
    async def test_is_kept_when_it_is_safe(self, request_id: str, client: httpx.AsyncClient) -> None:
        answer = await client.get("/livez", headers={"X-Request-ID": request_id})

        assert answer.headers["X-Request-ID"] == request_id

    @pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", "a\tb", "<script>", "a;b", "é", '"', "a\\b"])
    async def test_is_replaced_when_it_is_not(self, request_id: str, client: httpx.AsyncClient) -> None:
        answer = await client.get("/livez", headers={"X-Request-ID": request_id.encode("latin-1")})

        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])

    async def test_is_made_for_each_request(self, client: httpx.AsyncClient) -> None:
        ids = [(await client.get("/livez")).headers["X-Request-ID"] for _ in range(20)]

        assert len(set(ids)) == 20

    async def test_is_in_the_problem(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/tasks", headers={"X-Request-ID": "my-id"})

        assert assert_problem(answer, 401)["request_id"] == "my-id"

    async def test_is_in_the_log_with_the_route_and_the_user(self, ann: httpx.AsyncClient, task_path: str) -> None:
        user_id = (await ann.get("/api/v1/me")).json()["id"]
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            await ann.get(task_path, headers={"X-Request-ID": "my-id", "traceparent": TRACE})

        (entry,) = [entry for entry in logs if entry["event"] == "request"]
        assert entry["request_id"] == "my-id"
        assert entry["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert (entry["method"], entry["route"], entry["status"]) == ("GET", "/api/v1/tasks/{task_id}", 200)
        assert entry["user_id"] == user_id

    async def test_does_not_stay_for_the_next_request(self, client: httpx.AsyncClient) -> None:
        await client.get("/livez", headers={"traceparent": TRACE})
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            await client.get("/livez")

        assert "trace_id" not in logs[-1]


class TestATrace:
    async def test_is_passed_on(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/livez", headers={"traceparent": TRACE})).headers["traceparent"] == TRACE

    @pytest.mark.parametrize(
        "traceparent",
        ["", "00", TRACE.upper(), TRACE + "-more", TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32)],
    )
    async def test_is_dropped_when_it_is_malformed(self, traceparent: str, client: httpx.AsyncClient) -> None:
        answer = await client.get("/livez", headers={"traceparent": traceparent})

        assert answer.status_code == 200
        assert "traceparent" not in answer.headers


class TestEveryAnswer:
    @pytest.mark.parametrize("path", ["/livez", "/docs", "/nope", "/api/v1/tasks", "/api/v1/auth/providers", "/"])
    async def test_tells_browsers_to_be_careful(self, path: str, client: httpx.AsyncClient) -> None:
        answer = await client.get(path)

        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"

    async def test_of_a_user_is_kept_by_nobody_else(self, ann: httpx.AsyncClient, task_path: str) -> None:
        for path in (
            task_path,
            "/api/v1/tasks",
            "/api/v1/lists",
            "/api/v1/me",
            "/api/v1/me/sessions",
            "/api/v1/labels",
        ):
            answer = await ann.get(path)
            assert "private" in answer.headers["Cache-Control"], path
            assert "no-cache" in answer.headers["Cache-Control"], path
            assert {"Authorization", "Cookie"} <= set(re.split(r",\s*", answer.headers["Vary"])), path

    async def test_with_a_token_is_kept_by_nobody(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})

        assert answer.headers["Cache-Control"] == "no-store"


def without_request_id(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


class TestHead:
    async def test_is_answered_like_get_without_the_body(self, ann: httpx.AsyncClient, task_path: str) -> None:
        for path in (task_path, "/api/v1/tasks", "/api/v1/me", "/livez", "/docs", "/openapi.json"):
            got, head = await ann.get(path), await ann.head(path)
            assert head.status_code == got.status_code == 200
            assert head.content == b""
            assert without_request_id(head) == without_request_id(got)

    async def test_is_told_of_errors(self, client: httpx.AsyncClient) -> None:
        assert (await client.head("/api/v1/tasks")).status_code == 401
        assert (await client.head("/nope")).status_code == 404

    async def test_gets_304_for_what_is_unchanged(self, ann: httpx.AsyncClient, task_path: str) -> None:
        etag = (await ann.head(task_path)).headers["ETag"]

        assert (await ann.head(task_path, headers={"If-None-Match": etag})).status_code == 304


class TestOperations:
    async def test_is_alive_and_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/livez")).json() == {"status": "alive"}
        assert (await client.get("/readyz")).json() == {"status": "ready", "mongodb": "ok", "redis": "ok"}

    async def test_counts_requests_by_route_and_never_by_id(
        self, ann: httpx.AsyncClient, task_path: str, app: FastAPI
    ) -> None:
        await ann.get(task_path)
        await ann.get("/nope/of/this")

        metrics = (await ann.get("/metrics")).text

        assert 'route="/api/v1/tasks/{task_id}",status="200"' in metrics
        assert 'route="(none)",status="404"' in metrics
        assert task_path not in metrics
        assert "/nope/of/this" not in metrics

    async def test_speaks_the_format_of_prometheus(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/metrics")

        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert "taskfleet_http_request_seconds_bucket" in answer.text

    async def test_leads_from_the_root_to_the_documentation(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/")

        assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")
