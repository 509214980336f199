"""The limits as they are declared, counted and told to clients."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app.api.client_address import ClientAddresses
from app.api.limited_routes import Treatment, TreatmentTable, exempt_from_limits, limit_strictly
from app.api.middleware import HeadMiddleware, RequestContextMiddleware
from app.api.rate_limit import RateLimitMiddleware, RequestLimits
from app.api.request_reports import RequestReports
from app.core.access_log import PlainAccessLog
from app.core.metrics import Metrics
from app.core.settings import RateLimitSettings
from tests.fakes.clock import Seconds
from tests.integration.api.problem_shape import assert_problem

START = 1_795_435_200.0  # the beginning of a minute

OFF = RateLimitSettings(user=None, address=None, auth=None)


def identify(scope: Any) -> str | None:
    """The user whose name is the token."""
    authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
    return authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else None


def make_limits(seconds: Seconds, **settings: str | None) -> RequestLimits:
    return RequestLimits(OFF.model_copy(update=settings), ClientAddresses(()), identify, seconds)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds(START)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def make_app(limits: RequestLimits, metrics: Metrics) -> FastAPI:
    app, router = FastAPI(), APIRouter()

    @router.get("/things")
    @router.post("/things")
    async def things() -> dict[str, str]:
        return {}

    @router.post("/{provider}/login")
    @limit_strictly
    async def sign_in(provider: str) -> dict[str, str]:
        return {}

    @router.get("/health")
    @exempt_from_limits("a test")
    async def health() -> dict[str, str]:
        return {}

    @router.get("/broken")
    async def fail() -> None:
        raise ZeroDivisionError

    app.include_router(router, prefix="/api")
    app.add_middleware(RateLimitMiddleware, limits=limits, routes=app.routes, metrics=metrics)
    app.add_middleware(RequestContextMiddleware, reports=RequestReports(metrics, PlainAccessLog()))
    app.add_middleware(HeadMiddleware)
    return app


@pytest.fixture
async def client(seconds: Seconds, metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    limits = make_limits(seconds, user="3/minute", address="2/minute", auth="1/hour")
    transport = httpx.ASGITransport(make_app(limits, metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def limit_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if "ratelimit" in name or name == "retry-after"}


class TestTheHeaders:
    async def test_tell_where_the_client_stands(self, client: httpx.AsyncClient, seconds: Seconds) -> None:
        seconds.now += 20.25

        answer = await client.get("/api/things", headers={"Authorization": "Bearer ann"})

        assert limit_headers(answer) == {
            "ratelimit-policy": '"user";q=3;w=60',
            "ratelimit": '"user";r=2;t=40',
            "x-ratelimit-limit": "3",
            "x-ratelimit-remaining": "2",
            "x-ratelimit-reset": str(int(START) + 61),
        }

    async def test_tell_when_there_is_more(self, client: httpx.AsyncClient, seconds: Seconds) -> None:
        for _ in range(2):
            answer = await client.get("/api/things")
        assert answer.headers["RateLimit"] == '"address";r=0;t=61'

        seconds.now += int(re.findall(r"t=(\d+)", answer.headers["RateLimit"])[0])
        assert (await client.get("/api/things")).status_code == 200

    @pytest.mark.parametrize("path", ["/api/things", "/nope", "/api/broken", "/openapi.json"])
    async def test_are_on_every_answer(self, path: str, client: httpx.AsyncClient) -> None:
        assert len(limit_headers(await client.get(path))) == 5
        assert len(limit_headers(await client.head(path))) == 5
        assert len(limit_headers(await client.delete(path))) == 6

    async def test_are_not_on_the_answers_of_exempt_routes(self, client: httpx.AsyncClient) -> None:
        for _ in range(10):
            answer = await client.get("/api/health")
            assert (answer.status_code, limit_headers(answer)) == (200, {})

    async def test_leave_those_alone_that_serve_several_requests(self, seconds: Seconds, metrics: Metrics) -> None:
        """A cached answer's list of headers is the same object every time."""
        kept = [(b"etag", b'"1"')]
        sent = []

        async def cached(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": kept})
            await send({"type": "http.response.body", "body": b""})

        async def send(message: Any) -> None:
            sent.append(message)

        limited = RateLimitMiddleware(cached, make_limits(seconds, address="5/minute"), [], metrics)
        middleware = RequestContextMiddleware(limited, RequestReports(metrics, PlainAccessLog()))
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "client": ("192.0.2.1", 1),
            "headers": [],
        }
        await middleware(scope, None, send)
        assert len(kept) == 1
        assert {name for name, _ in sent[0]["headers"]} >= {b"etag", b"ratelimit", b"x-request-id"}


class TestARefusal:
    async def test_is_a_problem_that_says_when_to_come_back(
        self, client: httpx.AsyncClient, seconds: Seconds, metrics: Metrics
    ) -> None:
        seconds.now += 30
        for _ in range(3):
            answer = await client.get("/api/things", headers={"X-Request-ID": "mine"})

        problem = assert_problem(answer, 429)
        assert (problem["type"], problem["title"]) == ("/problems/rate-limited", "Too many requests")
        assert problem["detail"] == "More than 2 requests in 60 s. Try again in 31 s."
        assert problem["request_id"] == "mine"
        assert limit_headers(answer) == {
            "ratelimit-policy": '"address";q=2;w=60',
            "ratelimit": '"address";r=0;t=31',
            "x-ratelimit-limit": "2",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(START) + 61),
            "retry-after": "31",
        }
        assert b'taskfleet_rate_limit_refusals_total{limit="address"} 1.0' in metrics.render()
        assert b'taskfleet_http_requests_total{method="GET",route="(none)",status="429"} 1.0' in metrics.render()

    async def test_is_over_after_the_time_that_it_names(self, client: httpx.AsyncClient, seconds: Seconds) -> None:
        for _ in range(10):
            answer = await client.get("/api/things")
            if answer.status_code == 429:
                seconds.now += int(answer.headers["Retry-After"])
                assert (await client.get("/api/things")).status_code == 200
            seconds.now += 7.3


class TestTheChoiceOfALimit:
    async def test_is_by_user_for_those_who_are_signed_in(self, client: httpx.AsyncClient) -> None:
        for name in ("ann", "bob"):
            headers = {"Authorization": f"Bearer {name}"}
            statuses = [(await client.get("/api/things", headers=headers)).status_code for _ in range(4)]
            assert statuses == [200, 200, 200, 429]
        assert (await client.get("/api/things")).status_code == 200

    async def test_is_strict_where_a_route_says_so_and_for_nothing_else(self, client: httpx.AsyncClient) -> None:
        first, second = [await client.post("/api/google/login") for _ in range(2)]
        assert (first.status_code, second.status_code) == (200, 429)
        assert second.headers["RateLimit-Policy"] == '"auth";q=1;w=3600'
        assert (await client.post("/api/things")).headers["RateLimit"].startswith('"address"')
        assert (await client.get("/api/google/login")).headers["RateLimit"].startswith('"address"')

    async def test_is_strict_for_those_who_are_signed_in_too(self, client: httpx.AsyncClient) -> None:
        for name, status in (("ann", 200), ("bob", 429)):
            answer = await client.post("/api/google/login", headers={"Authorization": f"Bearer {name}"})
            assert answer.status_code == status

    @pytest.mark.parametrize(
        ("settings", "policies"),
        [
            ({"address": "9/day"}, (None, "address", "address")),
            ({"user": "9/day"}, ("user", None, None)),
            ({"auth": "9/day"}, (None, None, "auth")),
            ({}, (None, None, None)),
        ],
    )
    async def test_leaves_out_limits_that_are_turned_off(
        self, settings: dict[str, str], policies: tuple[str | None, ...], seconds: Seconds, metrics: Metrics
    ) -> None:
        transport = httpx.ASGITransport(make_app(make_limits(seconds, **settings), metrics))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = [
                await client.get("/api/things", headers={"Authorization": "Bearer ann"}),
                await client.get("/api/things"),
                await client.post("/api/google/login"),
            ]
        found = [answer.headers.get("RateLimit-Policy", "").split(";")[0].strip('"') or None for answer in answers]
        assert tuple(found) == policies
        assert {answer.status_code for answer in answers} == {200}


class TestTheTreatmentOfAPath:
    def table(self) -> TreatmentTable:
        return TreatmentTable(make_app(make_limits(Seconds(START)), Metrics()).routes)

    @pytest.mark.parametrize(
        ("method", "path", "treatment"),
        [
            ("POST", "/api/google/login", Treatment.STRICT),
            ("POST", "/api/x%2Fy/login", Treatment.STRICT),
            ("POST", "/api/a/b/login", Treatment.ORDINARY),
            ("POST", "/api/google/login/", Treatment.ORDINARY),
            ("GET", "/api/google/login", Treatment.ORDINARY),
            ("GET", "/api/health", Treatment.EXEMPT),
            ("POST", "/api/health", Treatment.ORDINARY),
            ("GET", "/api/health/", Treatment.ORDINARY),
            ("GET", "/API/HEALTH", Treatment.ORDINARY),
            ("GET", "//api/health", Treatment.ORDINARY),
        ],
    )
    def test_is_what_its_route_declares(self, method: str, path: str, treatment: Treatment) -> None:
        assert self.table().find(method, path) is treatment

    async def test_does_not_change_below_another_root(self, seconds: Seconds, metrics: Metrics) -> None:
        limits = make_limits(seconds, auth="1/hour")
        transport = httpx.ASGITransport(make_app(limits, metrics), root_path="/below")
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = [await client.post("/below/api/google/login") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]


class TestTheSettingsOfTheLibrary:
    def test_come_neither_from_the_environment_nor_from_a_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: Seconds
    ) -> None:
        (tmp_path / ".env").write_bytes(b"RATELIMIT_ENABLED=false\nRATELIMIT_STRATEGY=\xff\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RATELIMIT_STRATEGY", "fixed-window")
        monkeypatch.setenv("RATELIMIT_STORAGE_URL", "redis://nowhere")
        monkeypatch.setenv("RATELIMIT_DEFAULT", "1/day")

        limits = make_limits(seconds, user="3/minute")

        assert limits.enabled
        assert type(limits.limiter).__name__ == "SlidingWindowCounterRateLimiter"
        assert limits.limiter.storage is limits.counters

    def test_belong_to_one_app(self, seconds: Seconds) -> None:
        first, second = make_limits(seconds, user="1/minute"), make_limits(seconds, user="1/minute")
        assert first.user is not None
        assert second.user is not None
        assert first.count(first.user, "ann").is_admitted
        assert second.count(second.user, "ann").is_admitted
