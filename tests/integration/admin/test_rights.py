"""Who may use the routes of administrators, and that none of their acts escapes the audit."""

import re
from typing import Any

import httpx
import pytest

from tests.architecture.routes import RouteFacts
from tests.architecture.test_routes import ROUTES
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import NOBODY, RawDatabase, audit_of
from tests.integration.admin.test_outbox import bury

ADMIN_ROUTES = [route for route in ROUTES if "/admin/" in route.path]
ACTS = [route for route in ADMIN_ROUTES if route.method != "GET"]

# What is sent to each route that changes something, in an order in which all of them have something to do.
BODIES: dict[str, Any] = {
    "PATCH /api/v1/admin/users/{user_id}": {"role": "admin"},
    "POST /api/v1/admin/users/{user_id}/logout-all": None,
    "POST /api/v1/admin/common-tasks": {"title": "Back up the laptop"},
    "PATCH /api/v1/admin/common-tasks/{common_task_id}": {"title": "Back up the phone"},
    "DELETE /api/v1/admin/common-tasks/{common_task_id}": None,
    "POST /api/v1/admin/outbox/{entry_id}/retry": None,
}


def path_of(route: RouteFacts, **ids: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: ids.get(match[1], NOBODY), route.path)


class TestARouteOfAdministrators:
    @pytest.mark.parametrize("route", ADMIN_ROUTES, ids=str)
    async def test_is_closed_to_others_whatever_they_send(self, route: RouteFacts, ann: httpx.AsyncClient) -> None:
        for body in (None, {"nonsense": True}) if BODIES.get(str(route)) else (None,):
            answer = await ann.request(route.method, path_of(route), json=body)

            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


class TestEveryActOfAnAdministrator:
    def test_is_known_here(self) -> None:
        assert {str(route) for route in ACTS} == BODIES.keys()

    async def test_leaves_one_entry_in_the_audit(
        self, root: httpx.AsyncClient, ann_id: str, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        ids = {"user_id": ann_id, "entry_id": await bury(raw_database, clock, ann_id)}
        for route in sorted(ACTS, key=lambda route: list(BODIES).index(str(route))):
            before = await audit_of(root)

            answer = await root.request(route.method, path_of(route, **ids), json=BODIES[str(route)])

            assert answer.is_success, answer.text
            assert len(await audit_of(root)) == len(before) + 1, str(route)
            if answer.status_code == 201:
                ids["common_task_id"] = answer.json()["id"]

    async def test_that_fails_leaves_none(self, root: httpx.AsyncClient) -> None:
        for route in ACTS:
            is_on_something = "{" in route.path
            body = BODIES[str(route)] if is_on_something else {"title": " "}

            answer = await root.request(route.method, path_of(route), json=body)

            assert answer.status_code == (404 if is_on_something else 422)

        assert await audit_of(root) == []
