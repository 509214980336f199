"""Every route is secured or known to be public, and every POST of a user can be repeated without harm."""

import re
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import SecretStr

from app.api.idempotency import _get_once
from app.api.paths import API_BRANCHES, API_PREFIX, API_ROOTS
from app.api.security import SCOPES, CurrentCaller, get_caller
from app.core.settings import MODULES, HttpSettings, JwtSettings, MongoSettings, RuntimeSettings, Settings
from app.main import create_app
from tests.architecture.routes import RouteFacts, routes_of

API_DOCUMENTATION = Path(__file__).parents[2] / "docs" / "api.md"

# What answers callers who are not signed in, and why it may.
PUBLIC = {
    "GET /": "leads to the documentation",
    "GET /docs": "the documentation",
    "GET /docs/oauth2-redirect": "part of the documentation",
    "GET /openapi.json": "the documentation, for programs",
    "GET /livez": "asked by orchestrators; not routed by the public Nginx",
    "GET /readyz": "asked by orchestrators; not routed by the public Nginx",
    "GET /metrics": "asked by Prometheus; not routed by the public Nginx",
    "GET /.well-known/jwks.json": "public keys",
    "GET /api/v1/auth/providers": "shown on the sign-in page",
    "GET /api/v1/auth/{provider}/login": "begins a sign-in",
    "GET /api/v1/auth/{provider}/callback": "ends a sign-in; guarded by state, nonce and PKCE",
    "POST /api/v1/auth/dev/login": "sign-in of the local profile; 404 elsewhere",
    "POST /api/v1/auth/refresh": "guarded by the refresh token",
    "POST /api/v1/auth/logout": "guarded by the access or the refresh token",
    "POST /api/v1/auth/logout-all": "guarded by the access or the refresh token",
    "POST /api/v1/notifications/unsubscribe": "guarded by the token from a mail; mail programs send nothing else",
    "GET /api/v1/notifications/unsubscribe": "leads to a page of the browser app, and changes nothing",
    "GET /api/v1/push/public-key": "a public key, which every browser that subscribes gives away",
    "GET /calendar/{secret}.ics": "guarded by the secret in its path; calendar services send nothing else",
}

# Which POST requests of a signed-in user take no `Idempotency-Key`, and why.
REPEATED_WITHOUT_KEY: dict[str, str] = {
    "POST /api/v1/me/tokens": "its answer holds a secret, which must not be kept; a key is refused",
    "POST /api/v1/admin/users/{user_id}/logout-all": "what has ended stays ended; the answer tells nothing",
    "POST /api/v1/admin/outbox/{entry_id}/retry": "what is tried again is given up no more; a repeat gets 404",
    "POST /api/v1/me/calendar-feed": "its answer is a secret, which must not be kept; a key is refused",
}


def make_settings(profile: str, modules: frozenset[str]) -> Settings:
    return Settings(
        runtime=RuntimeSettings(profile=profile, enabled_modules=modules),
        mongo=MongoSettings(url=SecretStr("mongodb://db")),
        http=HttpSettings(public_url="https://tasks.example"),
        jwt=JwtSettings(private_key_file=Path("signing-key.pem"), jwks_url="https://tasks.example/jwks"),
    )


def make_routes(profile: str = "local", modules: frozenset[str] = frozenset(MODULES)) -> list[RouteFacts]:
    return list(routes_of(create_app(make_settings(profile, modules))))


ROUTES = make_routes()
SECURED = [route for route in ROUTES if str(route) not in PUBLIC]


class TestEveryRoute:
    def test_is_secured_or_known_to_be_public(self) -> None:
        assert {str(route) for route in ROUTES if not route.calls & SCOPES.keys()} == PUBLIC.keys()

    @pytest.mark.parametrize("route", SECURED, ids=str)
    async def test_refuses_a_caller_who_is_not_signed_in(self, route: RouteFacts, client: httpx.AsyncClient) -> None:
        path = re.sub(r"\{\w+\}", "0198c7a2-6f00-7000-8000-000000000000", route.path)

        answer = await client.request(route.method, path)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/unauthenticated"

    def test_of_a_signed_in_caller_has_dependencies_without_dependencies(self) -> None:
        """Each is resolved anew for each request, those of a dependency that was resolved already included."""
        assert {str(route): route.nested for route in SECURED if route.nested} == {}

    def test_has_no_dependencies_that_give_it_nothing(self) -> None:
        """Where a router is included with some, `app.api.direct_routes` does not see them."""
        assert {str(route) for route in ROUTES if route.is_given_nothing_by_some} == set()

    def test_of_a_signed_in_post_takes_an_idempotency_key(self) -> None:
        without = {str(route) for route in SECURED if route.method == "POST" and _get_once not in route.calls}

        assert without == REPEATED_WITHOUT_KEY.keys()

    def test_that_takes_no_idempotency_key_is_named_in_the_documentation(self) -> None:
        _, _, text = API_DOCUMENTATION.read_text(encoding="utf-8").partition("**Idempotency.**")
        named = set(re.findall(r"`(POST [^`]+)`", text.partition("**Pages.**")[0]))

        expected = {re.sub(r"\{\w+\}", "{id}", route.replace(API_PREFIX, "")) for route in REPEATED_WITHOUT_KEY}
        assert named == expected


class TestEveryRouteBesideTheBrowserApp:
    def test_is_below_a_path_that_the_app_never_takes(self) -> None:
        """Otherwise an unknown path beside it would show a page of the app."""
        roots = {*API_ROOTS, *API_BRANCHES}
        outside = {str(route) for route in ROUTES if route.path.split("/")[1] not in roots}

        assert outside == {"GET /"}  # which gives way to the app

    def test_is_the_same_with_the_app(self, web_dist: Path) -> None:
        settings = make_settings("local", frozenset(MODULES))
        http = settings.http.model_copy(update={"web_dist": web_dist})

        routes = {str(route) for route in routes_of(create_app(settings.model_copy(update={"http": http})))}

        assert routes == {str(route) for route in ROUTES} - {"GET /"} | {"GET /{path}"}


class TestTheSearchForUnsecuredRoutes:
    def test_sees_through_included_routers(self) -> None:
        app, outer, inner = FastAPI(openapi_url=None), APIRouter(), APIRouter(prefix="/inner")
        inner.add_api_route("/open", lambda: None)

        async def guarded(caller: CurrentCaller) -> None:
            """Needs a caller."""

        inner.add_api_route("/guarded", guarded)
        outer.include_router(inner, prefix="/outer")
        app.include_router(outer, prefix="/api")

        found = {str(route): get_caller in route.calls for route in routes_of(app)}

        assert found == {"GET /api/outer/inner/open": False, "GET /api/outer/inner/guarded": True}


class TestTheSearchForNestedDependencies:
    def test_finds_what_a_dependency_depends_on(self) -> None:
        app = FastAPI(openapi_url=None)

        async def own(caller: CurrentCaller) -> str:
            return str(caller.user_id)

        async def guarded(caller: CurrentCaller, name: Annotated[str, Depends(own)]) -> None:
            """Resolves the caller twice."""

        app.add_api_route("/guarded", guarded)

        (route,) = routes_of(app)
        assert route.nested == {get_caller}


class TestTheSearchForDependenciesThatGiveNothing:
    def test_finds_those_of_routers(self) -> None:
        app, router = FastAPI(openapi_url=None), APIRouter()

        async def guarded(caller: CurrentCaller) -> None:
            """Is given its dependency."""

        router.add_api_route("/guarded", guarded)
        app.include_router(router, prefix="/plain")
        app.include_router(router, prefix="/more", dependencies=[Depends(get_caller)])

        found = {str(route): route.is_given_nothing_by_some for route in routes_of(app)}

        assert found == {"GET /plain/guarded": False, "GET /more/guarded": True}


class TestAModuleAlone:
    @pytest.mark.parametrize(
        ("module", "first", "other"),
        [("auth", "POST /api/v1/auth/refresh", "/api/v1/tasks"), ("tasks", "GET /api/v1/tasks", "/api/v1/auth")],
    )
    def test_brings_its_own_routes_and_not_those_of_others(self, module: str, first: str, other: str) -> None:
        routes = [str(route) for route in make_routes(modules=frozenset({module}))]

        assert first in routes
        assert "GET /livez" in routes
        assert not [route for route in routes if other in route]


class TestTheProductionProfile:
    def test_has_the_same_routes(self) -> None:
        """The dev sign-in is there to answer 404, because another route has the same path for GET."""
        assert {str(route) for route in make_routes("production")} == {str(route) for route in ROUTES}

    async def test_knows_no_dev_sign_in(self) -> None:
        production = create_app(make_settings("production", frozenset(MODULES)))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(production), base_url="https://tasks.example"
        ) as client:
            answer = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})

        assert answer.status_code == 404
        assert "/api/v1/auth/dev/login" not in production.openapi()["paths"]
