"""Every route says which scope a personal token needs there, or that none will do; all of them by the same rule."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI

from app.api.cacheable import collect_cacheable_routes
from app.api.paths import API_PREFIX
from app.api.security import (
    SCOPES,
    AdminCaller,
    CurrentCaller,
    Security,
    TaskReader,
    TaskWriter,
    find_caller_dependency,
    get_security,
)
from app.core.identity import TokenScope
from app.core.settings import MODULES
from app.main import create_app
from tests.architecture.routes import RouteFacts, routes_of
from tests.architecture.test_openapi import OPERATIONS
from tests.architecture.test_routes import SECURED, make_settings

# What a personal token may not do whatever its scopes, and why.
SESSION_ONLY = {
    "DELETE /api/v1/me": "a token that was lost must not cost the account",
    "GET /api/v1/me/sessions": "tells which devices their owner has",
    "DELETE /api/v1/me/sessions/{session_id}": "a token that was lost must not sign its owner out",
    "GET /api/v1/me/tokens": "tells which other tokens there are",
    "POST /api/v1/me/tokens": "a token must not make one that allows more, or lasts longer",
    "DELETE /api/v1/me/tokens/{token_id}": "a token that was lost must not stop the others",
    "POST /api/v1/me/calendar-feed": "a token that was lost must not leave an address that outlives it",
    "GET /api/v1/me/calendar-feed": "tells of an address that no token may make or revoke",
    "DELETE /api/v1/me/calendar-feed": "a token that was lost must not cut its owner's calendar off",
    "POST /api/v1/me/push-subscriptions": "a subscription ends with a session, which a token has not",
    "GET /api/v1/me/push-subscriptions": "tells which devices their owner has, and where they are reached",
    "DELETE /api/v1/me/push-subscriptions": "a token that was lost must not silence its owner's devices",
    "DELETE /api/v1/me/push-subscriptions/{subscription_id}": "likewise",
}


def expected_scope(route: RouteFacts) -> TokenScope | None:
    """The scope of a route by the rule that docs/api.md gives."""
    if str(route) in SESSION_ONLY:
        return None
    if route.path.startswith(f"{API_PREFIX}/admin/"):
        return "admin"
    return "tasks:read" if route.method == "GET" else "tasks:write"


def scopes_of(route: RouteFacts) -> list[TokenScope | None]:
    """The scopes of all callers that a route names; there should be one."""
    return [SCOPES[call] for call in route.calls if call in SCOPES]


class TestEveryRoute:
    @pytest.mark.parametrize("route", SECURED, ids=str)
    def test_takes_its_caller_once_and_asks_for_the_scope_of_the_rule(self, route: RouteFacts) -> None:
        assert scopes_of(route) == [expected_scope(route)]

    def test_that_takes_no_token_is_there(self) -> None:
        assert {str(route) for route in SECURED} >= SESSION_ONLY.keys()

    @pytest.mark.parametrize("route", SECURED, ids=str)
    def test_shows_its_scope_in_the_openapi_document(self, route: RouteFacts) -> None:
        operation = OPERATIONS[str(route)]
        (scope,) = scopes_of(route)

        tokens = [] if scope is None else [{"personal_token": [scope]}]
        assert operation["security"] == [{"bearer": []}, {"cookie": []}, *tokens]
        assert "403" in operation["responses"]


class TestEveryCachedRoute:
    def test_asks_for_the_same_scope_ahead_of_the_router(self) -> None:
        app = create_app(make_settings("local", frozenset(MODULES)))
        cacheable = collect_cacheable_routes(app)
        found: dict[str, Any] = {
            route.path: known.scope
            for route in routes_of(app)
            if route.method == "GET" and (known := cacheable.find(route.path)) is not None
        }

        assert "/api/v1/tasks" in found
        assert "/api/v1/tasks/{task_id}" in found
        reads = [route for route in SECURED if route.method == "GET" and route.path in found]
        assert found == {route.path: expected_scope(route) for route in reads}


class TestTheSearchForScopes:
    @pytest.mark.parametrize(
        ("caller", "scope"),
        [(CurrentCaller, None), (TaskReader, "tasks:read"), (TaskWriter, "tasks:write"), (AdminCaller, "admin")],
    )
    def test_finds_the_caller_of_a_nested_route(self, caller: Any, scope: TokenScope | None) -> None:
        app, outer, inner = FastAPI(openapi_url=None), APIRouter(), APIRouter()

        async def guarded(caller: caller) -> None:
            """Needs a caller."""

        inner.add_api_route("/guarded", guarded)
        outer.include_router(inner, prefix="/outer")
        app.include_router(outer)

        (route,) = routes_of(app)
        assert scopes_of(route) == [scope]

    def test_is_not_content_with_other_dependencies_or_with_two_callers(self) -> None:
        app = FastAPI(openapi_url=None)

        async def unguarded(security: Annotated[Security, Depends(get_security)]) -> None:
            """Has a dependency that asks nobody who they are."""

        async def undecided(reader: TaskReader, writer: TaskWriter) -> None:
            """Names two."""

        app.add_api_route("/unguarded", unguarded)
        app.add_api_route("/undecided", undecided)

        found = {route.path: len(scopes_of(route)) for route in routes_of(app)}
        assert found == {"/unguarded": 0, "/undecided": 2}
        assert find_caller_dependency(None) is None
