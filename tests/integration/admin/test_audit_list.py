"""Reading the audit over HTTP."""

from typing import Any

import httpx
import pytest

from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.admin.conftest import ADMIN, NOBODY, USERS, SignInAsAdmin, audit_of, id_of

AUDIT = f"{ADMIN}/audit"


@pytest.fixture
async def acts(
    root: httpx.AsyncClient, sign_in_as_admin: SignInAsAdmin, sign_in: SignIn, clock: FakeClock
) -> list[dict[str, Any]]:
    """Five acts of two administrators on two users, the newest first."""
    other = await sign_in_as_admin("other@example.com")
    ann_id, bob_id = [await id_of(await sign_in(f"{name}@example.com")) for name in ("ann", "bob")]
    for admin, user_id, patch in (
        (root, ann_id, {"role": "admin"}),
        (other, ann_id, {"role": "user"}),
        (root, bob_id, {"disabled": True}),
        (root, bob_id, {"disabled": False}),
        (other, ann_id, {"disabled": True}),
    ):
        clock.advance(1)
        assert (await admin.patch(f"{USERS}/{user_id}", json=patch)).status_code == 200
    return await audit_of(root)


class TestTheAudit:
    async def test_begins_with_the_newest_entry(self, acts: list[dict[str, Any]]) -> None:
        assert [entry["action"] for entry in acts] == [
            "user.disabled",
            "user.enabled",
            "user.disabled",
            "user.role-changed",
            "user.role-changed",
        ]
        assert [entry["at"] for entry in acts] == sorted((entry["at"] for entry in acts), reverse=True)

    async def test_can_be_asked_for_an_act_an_actor_and_a_subject(
        self, root: httpx.AsyncClient, acts: list[dict[str, Any]]
    ) -> None:
        ann_id, root_id = acts[0]["subject"]["id"], await id_of(root)

        assert await audit_of(root, action="user.disabled") == [acts[0], acts[2]]
        assert await audit_of(root, actor_id=root_id) == [acts[1], acts[2], acts[4]]
        assert await audit_of(root, subject_id=ann_id) == [acts[0], acts[3], acts[4]]
        assert await audit_of(root, subject_id=ann_id, actor_id=root_id) == [acts[4]]
        assert await audit_of(root, subject_id=ann_id, action="user.disabled", actor_id=root_id) == []
        assert await audit_of(root, actor_id=NOBODY) == []

    @pytest.mark.parametrize("parameters", [{}, {"action": "user.disabled"}])
    async def test_comes_in_pages(
        self, root: httpx.AsyncClient, acts: list[dict[str, Any]], parameters: dict[str, str]
    ) -> None:
        wanted = await audit_of(root, **parameters)
        answer = await root.get(AUDIT, params={**parameters, "limit": 1})
        found = answer.json()["items"]
        while "Link" in answer.headers:
            answer = await root.get(answer.headers["Link"].partition(">")[0].lstrip("<"))
            found += answer.json()["items"]

        assert found == wanted

    async def test_refuses_a_cursor_of_another_question(
        self, root: httpx.AsyncClient, acts: list[dict[str, Any]]
    ) -> None:
        cursor = (await root.get(AUDIT, params={"limit": 1})).json()["next_cursor"]

        answer = await root.get(AUDIT, params={"action": "user.disabled", "cursor": cursor})

        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor")

    @pytest.mark.parametrize(
        "parameters", [{"action": "User disabled"}, {"actor_id": "root"}, {"subject_id": "1"}, {"since": "yesterday"}]
    )
    async def test_refuses_wrong_parameters(self, root: httpx.AsyncClient, parameters: dict[str, str]) -> None:
        answer = await root.get(AUDIT, params=parameters)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(parameters))}"


class TestAnEntry:
    async def test_outlives_the_account_that_it_is_about(
        self, root: httpx.AsyncClient, ann: httpx.AsyncClient, ann_id: str, sign_in: SignIn
    ) -> None:
        await root.patch(f"{USERS}/{ann_id}", json={"role": "admin"})
        ann = await sign_in("ann@example.com")
        assert (await ann.delete("/api/v1/me")).status_code == 202

        assert [entry["subject"]["email"] for entry in await audit_of(root, subject_id=ann_id)] == ["ann@example.com"]

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_cannot_be_changed_over_http(self, root: httpx.AsyncClient, method: str) -> None:
        assert (await root.request(method, AUDIT)).status_code == 405
