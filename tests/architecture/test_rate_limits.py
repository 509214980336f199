"""Every route is rate-limited, which is shown by using up its limit, or known to be exempt."""

import itertools
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from slowapi import Limiter
from slowapi.middleware import SlowAPIASGIMiddleware
from slowapi.util import get_remote_address

from app.api.cacheable import collect_cacheable_routes
from app.api.client_address import ClientAddresses
from app.api.limited_routes import Treatment, declared_routes, exempt_from_limits
from app.api.middleware import RequestContextMiddleware
from app.api.paths import API_BRANCHES, API_ROOTS
from app.api.rate_limit import RateLimitMiddleware, RequestLimits
from app.api.request_reports import RequestReports
from app.api.web_app import WEB_APP
from app.core.access_log import PlainAccessLog
from app.core.access_tokens import AccessTokenIssuer, SigningKey
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.core.settings import MODULES, RateLimitSettings, Settings
from app.core.signing_keys import load_signing_key
from app.main import create_app
from tests.architecture.routes import RouteFacts, routes_of
from tests.architecture.test_openapi import OPERATIONS
from tests.architecture.test_routes import ROUTES, make_settings
from tests.fakes.clock import FakeClock

# Which routes may be asked without end, and why.
EXEMPT = {
    "GET /livez": "asked by orchestrators, whose probes must not fail for being frequent",
    "GET /readyz": "asked by orchestrators, whose probes must not fail for being frequent",
    "GET /metrics": "asked by Prometheus; a gap in the metrics would hide what goes on",
    "POST /api/v1/notifications/unsubscribe": (
        "mail programs of a large receiver send it from few addresses; a request is short, a token unguessable"
    ),
}

# The same, for what FastAPI keeps apart from its routes.
EXEMPT_FRONTENDS = {
    "GET /{path}": "opening the browser app loads some dozen files, which are the same for everybody",
}

# Where somebody could try passwords, codes or tokens.
STRICT = {
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/dev/login",
    "GET /api/v1/auth/{provider}/login",
    "GET /api/v1/auth/{provider}/callback",
}

ONE_AN_HOUR = RateLimitSettings(user="1/hour", address="1/hour", auth="1/hour")

LIMITED = [route for route in ROUTES if str(route) not in EXEMPT]

_HOSTS = itertools.count(1)


def new_address() -> str:
    """An address that has sent nothing yet."""
    number = next(_HOSTS)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


async def send_twice(app: FastAPI, method: str, path: str, **headers: str) -> list[httpx.Response]:
    """The answers to two requests of somebody who has sent nothing before."""
    path = re.sub(r"\{\w+\}", "0198c7a2-6f00-7000-8000-000000000000", path)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(new_address(), 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
        return [await client.request(method, path) for _ in range(2)]


async def is_limited(app: FastAPI, route: RouteFacts) -> bool:
    """Whether the second request within an hour is refused, and the first one was not."""
    return [answer.status_code == 429 for answer in await send_twice(app, route.method, route.path)] == [False, True]


@pytest.fixture(scope="module")
async def limited_app(settings: Settings, _schema: None) -> AsyncIterator[FastAPI]:
    """The service with a limit of one request an hour; without a cache, so that nothing stays from other tests."""
    limits = {"rate_limits": ONE_AN_HOUR, "cache": settings.cache.model_copy(update={"url": None})}
    app = create_app(settings.model_copy(update=limits), clock=FakeClock())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def tokens(settings: Settings) -> Iterator[str]:
    """Valid access tokens, each of a user who has sent nothing yet."""
    path, clock = settings.jwt.private_key_file, FakeClock()
    assert path is not None
    issuer = AccessTokenIssuer(SigningKey(load_signing_key(path)), settings.jwt, clock)
    return (issuer.issue(new_id(clock.now()), new_id(clock.now()), "user") for _ in itertools.count())


class TestEveryRoute:
    @pytest.mark.parametrize("route", LIMITED, ids=str)
    async def test_is_limited_for_an_address(self, route: RouteFacts, limited_app: FastAPI) -> None:
        first, second = await send_twice(limited_app, route.method, route.path)

        assert first.status_code != 429
        assert second.status_code == 429
        name = "auth" if str(route) in STRICT else "address"
        for answer in (first, second):
            assert answer.headers["RateLimit-Policy"] == f'"{name}";q=1;w=3600'
            assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert int(second.headers["Retry-After"]) >= 1

    @pytest.mark.parametrize("route", LIMITED, ids=str)
    async def test_is_limited_for_a_user(
        self, route: RouteFacts, limited_app: FastAPI, tokens: Iterator[str]
    ) -> None:
        headers = {"Authorization": f"Bearer {next(tokens)}"}
        answers = [await send_twice(limited_app, route.method, route.path, **headers) for _ in range(2)]

        name = "auth" if str(route) in STRICT else "user"
        statuses = [answer.status_code == 429 for pair in answers for answer in pair]
        # From another address the user has no new budget; sign-in goes by the address.
        assert statuses == [False, True, name == "user", True]
        assert answers[0][1].headers["RateLimit-Policy"] == f'"{name}";q=1;w=3600'

    @pytest.mark.parametrize("route", [route for route in ROUTES if str(route) in EXEMPT], ids=str)
    async def test_that_is_exempt_is_not_limited(self, route: RouteFacts, limited_app: FastAPI) -> None:
        answers = await send_twice(limited_app, route.method, route.path)

        # Without a body, where one is asked for.
        assert [answer.status_code for answer in answers] == [200 if route.method == "GET" else 415] * 2
        assert not any("RateLimit-Policy" in answer.headers for answer in answers)

    def test_is_declared_as_the_lists_above_say(self) -> None:
        declared = list(declared_routes(create_app_without_services().routes))
        exempt = {f"{route.method} {route.path}": route.reason for route in declared if route.reason is not None}
        strict = {f"{route.method} {route.path}" for route in declared if route.treatment is Treatment.STRICT}

        assert exempt == EXEMPT
        assert strict == STRICT
        assert {str(route) for route in ROUTES} >= STRICT | EXEMPT.keys()

    def test_that_may_be_cached_is_under_the_ordinary_limit(self) -> None:
        """What `app.api.quick_reads` goes by."""
        cacheable = collect_cacheable_routes(create_app_without_services())
        special = {path.replace("{provider}", "google") for _, _, path in (name.partition(" ") for name in STRICT)}
        special |= {path for _, _, path in (name.partition(" ") for name in EXEMPT)}

        assert [path for path in special if cacheable.find(path) is not None] == []
        assert cacheable.find("/api/v1/tasks") is not None

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_documents_the_refusal(self, name: str) -> None:
        refusal = OPERATIONS[name]["responses"].get("429")

        assert (refusal is None) == (name in EXEMPT)
        if refusal is not None:
            assert refusal["headers"].keys() >= {"Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Reset"}


class TestWhatIsNoRoute:
    @pytest.mark.parametrize("path", ["/wp-login.php", "/api/v1/nope", "/livez/", "/api/v1/auth/refresh/"])
    async def test_is_limited_too(self, path: str, limited_app: FastAPI) -> None:
        assert [answer.status_code for answer in await send_twice(limited_app, "GET", path)] == [404, 429]

    @pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW", "PUT"])
    async def test_includes_methods_that_no_route_has(self, method: str, limited_app: FastAPI) -> None:
        first, second = await send_twice(limited_app, method, "/livez")

        assert (first.status_code, second.status_code) == (405, 429)


class TestEveryFrontend:
    @pytest.fixture
    def web_app(self, web_dist: Path) -> FastAPI:
        """The service with the browser app and a limit of one request an hour."""
        settings = make_settings("local", frozenset(MODULES))
        http = settings.http.model_copy(update={"web_dist": web_dist})
        return create_app(settings.model_copy(update={"rate_limits": ONE_AN_HOUR, "http": http}))

    def test_is_declared_as_the_list_above_says(self, web_app: FastAPI) -> None:
        routes = {str(route) for route in ROUTES}
        frontends = {str(route) for route in routes_of(web_app) if str(route) not in routes}

        assert frontends == EXEMPT_FRONTENDS.keys()
        assert {f"{WEB_APP.method} {WEB_APP.path}": WEB_APP.reason} == EXEMPT_FRONTENDS
        assert WEB_APP.treatment is Treatment.EXEMPT

    @pytest.mark.parametrize(
        "path", ["/", "/assets/index-4f2a9c1b.js", "/favicon.svg", "/lists/today", "/calendar", "/apis"]
    )
    async def test_that_is_exempt_is_not_limited(self, path: str, web_app: FastAPI) -> None:
        answers = await send_twice(web_app, "GET", path, Accept="text/html")

        assert [answer.status_code for answer in answers] == [200] * 2
        assert "RateLimit" not in answers[1].headers

    @pytest.mark.parametrize("root", [*API_ROOTS, *API_BRANCHES])
    async def test_takes_no_path_of_the_api_out_of_its_limit(self, root: str, web_app: FastAPI) -> None:
        answers = await send_twice(web_app, "GET", f"/{root}/nope", Accept="text/html")

        assert [answer.status_code for answer in answers] == [404, 429]

    async def test_lets_what_the_api_declares_stand(self, web_app: FastAPI) -> None:
        (first, second) = await send_twice(web_app, "GET", "/api/v1/auth/nobody/login")
        kept = await send_twice(web_app, "GET", "/livez")

        assert second.status_code == 429
        assert first.headers["RateLimit-Policy"] == '"auth";q=1;w=3600'
        assert [answer.status_code for answer in kept] == [200] * 2

    @pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
    async def test_is_exempt_for_reading_alone(self, method: str, web_app: FastAPI) -> None:
        first, second = await send_twice(web_app, method, "/index.html")

        assert (first.status_code, second.status_code) == (405, 429)


def create_app_without_services() -> FastAPI:
    return create_app(make_settings("local", frozenset(MODULES)))


def add_nested_routes(app: FastAPI) -> None:
    outer, inner = APIRouter(), APIRouter(prefix="/inner")

    async def answer() -> None:
        """Nothing to say."""

    async def answer_always() -> None:
        """Nothing to say, however often."""

    inner.add_api_route("/open", answer)
    inner.add_api_route("/free", exempt_from_limits("the control")(answer_always))
    outer.include_router(inner, prefix="/outer")
    app.include_router(outer, prefix="/api")
    app.add_api_route("/direct", answer)


class TestTheSearchForUnlimitedRoutes:
    """The controls: a route without a limit is found, wherever it is."""

    async def test_finds_one_that_is_nested(self) -> None:
        app = FastAPI(openapi_url=None)
        add_nested_routes(app)
        limits = RequestLimits(ONE_AN_HOUR, ClientAddresses(()), lambda _: None, lambda: 1_795_435_200.0)
        app.add_middleware(RateLimitMiddleware, limits=limits, routes=app.routes, metrics=Metrics())
        app.add_middleware(RequestContextMiddleware, reports=RequestReports(Metrics(), PlainAccessLog()))

        found = {str(route): await is_limited(app, route) for route in routes_of(app)}

        assert found == {"GET /api/outer/inner/open": True, "GET /api/outer/inner/free": False, "GET /direct": True}

    async def test_finds_a_frontend(self, web_dist: Path) -> None:
        app, router = FastAPI(openapi_url=None), APIRouter()
        app.frontend("/help", directory=web_dist)
        router.frontend("/", directory=web_dist)
        app.include_router(router, prefix="/more")
        limits = RequestLimits(ONE_AN_HOUR, ClientAddresses(()), lambda _: None, lambda: 1_795_435_200.0)
        app.add_middleware(RateLimitMiddleware, limits=limits, routes=app.routes, metrics=Metrics())
        app.add_middleware(RequestContextMiddleware, reports=RequestReports(Metrics(), PlainAccessLog()))

        found = {str(route): await is_limited(app, route) for route in routes_of(app)}

        assert found == {"GET /help/{path}": True, "GET /more/{path}": True}

    async def test_finds_those_that_the_librarys_own_middleware_misses(self) -> None:
        """Why this service does not use it: it never counts the routes of included routers."""
        app = FastAPI(openapi_url=None)
        add_nested_routes(app)
        app.state.limiter = Limiter(get_remote_address, default_limits=["1/hour"])
        app.add_middleware(SlowAPIASGIMiddleware)

        found = {str(route): await is_limited(app, route) for route in routes_of(app)}

        assert found == {"GET /api/outer/inner/open": False, "GET /api/outer/inner/free": False, "GET /direct": True}
