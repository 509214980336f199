"""What each scope opens: every route is tried by tokens with it, without it, and with all of them."""

import re

import httpx
import pytest

from app.core.identity import TokenScope
from tests.architecture.routes import RouteFacts
from tests.architecture.test_routes import SECURED
from tests.architecture.test_scopes import SESSION_ONLY, scopes_of
from tests.integration.api.problem_shape import assert_problem
from tests.integration.tasks.calls import add_list, add_task
from tests.integration.tokens.conftest import TASKS, bearer, make_token

ALL: tuple[TokenScope, ...] = ("tasks:read", "tasks:write", "admin")

WITH_SCOPE = [route for route in SECURED if str(route) not in SESSION_ONLY]
# Its answer does not end; tests/integration/events opens it.
ENDING = [route for route in WITH_SCOPE if route.path != "/api/v1/events"]
FOR_SESSIONS = [route for route in SECURED if str(route) in SESSION_ONLY]


async def send(client: httpx.AsyncClient, route: RouteFacts, *scopes: str) -> httpx.Response:
    """Call a route, with ids that nothing has and no body, by a token of an administrator with these scopes."""
    secret = (await make_token(client, *scopes))["secret"]
    path = re.sub(r"\{\w+\}", "0198c7a2-6f00-7000-8000-000000000000", route.path)
    return await client.request(route.method, path, headers=bearer(secret))


class TestATokenThatMayOnlyWrite:
    async def test_sees_what_it_writes_and_no_more(self, ann: httpx.AsyncClient) -> None:
        """Changes are answered with what was changed, even if nothing was."""
        task = await add_task(ann)
        writer = bearer((await make_token(ann, "tasks:write"))["secret"])

        for path in ("/api/v1/me", f"{TASKS}/{task['id']}"):
            assert (await ann.patch(path, json={}, headers=writer)).json() == (await ann.get(path)).json()
            assert (await ann.get(path, headers=writer)).status_code == 403


class TestATokenWithoutTheScopeOfARoute:
    @pytest.mark.parametrize("route", WITH_SCOPE, ids=str)
    async def test_is_told_which_one_it_lacks(self, route: RouteFacts, admin: httpx.AsyncClient) -> None:
        (scope,) = scopes_of(route)
        assert scope is not None
        wrong = [other for other in ALL if other != scope]
        for scopes in ((wrong[0],), (wrong[1],), wrong):
            answer = await send(admin, route, *scopes)

            problem = assert_problem(answer, 403, more={"scope"})
            assert problem["type"] == "/problems/insufficient-scope"
            assert problem["scope"] == scope
            assert scope in problem["detail"]
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            assert answer.headers["WWW-Authenticate"] == challenge

    async def test_gets_no_answer_that_the_cache_has(self, admin: httpx.AsyncClient) -> None:
        """The cache answers ahead of the router, which is where a scope is asked for."""
        task, document = await add_task(admin), await add_list(admin)
        reader, writer = [
            bearer((await make_token(admin, *scopes))["secret"])
            for scopes in (("tasks:read",), ("tasks:write", "admin"))
        ]
        for path in (
            "/api/v1/me",
            TASKS,
            f"{TASKS}/{task['id']}",
            "/api/v1/lists",
            f"/api/v1/lists/{document['id']}",
        ):
            for _ in range(3):
                etag = (await admin.get(path, headers=reader)).headers["ETag"]
                for headers in (writer, writer | {"If-None-Match": etag}):
                    assert (await admin.get(path, headers=headers)).status_code == 403, path


class TestATokenWithTheScopeOfARoute:
    @pytest.mark.parametrize("route", ENDING, ids=str)
    async def test_is_let_in(self, route: RouteFacts, admin: httpx.AsyncClient) -> None:
        (scope,) = scopes_of(route)
        assert scope is not None
        answer = await send(admin, route, scope)

        assert answer.status_code in {200, 404, 415, 422}, answer.text  # nothing is there, or no body was sent


class TestATokenWithAllScopes:
    @pytest.mark.parametrize("route", FOR_SESSIONS, ids=str)
    async def test_stands_for_no_session(self, route: RouteFacts, admin: httpx.AsyncClient) -> None:
        problem = assert_problem(await send(admin, route, *ALL), 403)

        assert problem["type"] == "/problems/session-required"
        assert "token" in problem["detail"]
        assert (await admin.get("/api/v1/me")).status_code == 200

    @pytest.mark.parametrize("path", ["/api/v1/auth/logout", "/api/v1/auth/logout-all"])
    async def test_signs_nobody_out(self, path: str, admin: httpx.AsyncClient) -> None:
        secret = (await make_token(admin, *ALL))["secret"]

        assert assert_problem(await admin.post(path, headers=bearer(secret)), 403)["type"].endswith(
            "session-required"
        )
        assert (await admin.get("/api/v1/me")).status_code == 200
