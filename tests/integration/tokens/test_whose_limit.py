"""Whose limit a request by a token uses up: its owner's from the second on, and nobody's once it was revoked."""

from typing import Any

import httpx
import pytest

from app.api.middleware import MAX_BODY_BYTES
from app.core.settings import CacheSettings, RateLimitSettings
from tests.architecture.inspection import Inspection
from tests.integration.tokens.conftest import (
    TASKS,
    TOKENS,
    OpenClient,
    StartService,
    assert_refused,
    bearer,
    make_token,
)

LIMITS = RateLimitSettings(user="8/minute", address="100/minute", auth=None)
# With two workers, none of them keeps a cache in its memory.
WITHOUT_CACHE = CacheSettings(url=None, workers=2)

# Requests that are answered before anybody asks who is calling, or without that.
UNASKED: dict[str, dict[str, Any]] = {
    "an unknown path": {"method": "GET", "url": "/api/v1/nowhere"},
    "an unknown path at the root": {"method": "GET", "url": "/nowhere"},
    "another method": {"method": "OPTIONS", "url": TASKS},
    "a public route": {"method": "GET", "url": "/api/v1/auth/providers"},
    "a route at the root": {"method": "GET", "url": "/calendar/none.ics"},
    "a body that is no JSON": {"method": "POST", "url": TASKS, "content": "{"},
    "a body that is too large": {"method": "POST", "url": TASKS, "content": b" " * (MAX_BODY_BYTES + 1)},
}


def policy_of(answer: httpx.Response) -> str:
    """The name of the limit that a request counted under."""
    return answer.headers["RateLimit-Policy"].split(";")[0].strip('"')


class TestARevokedToken:
    @pytest.mark.parametrize("groups", [{}, {"cache": WITHOUT_CACHE}], ids=["cache", "none"])
    @pytest.mark.parametrize("name", UNASKED)
    async def test_does_not_use_up_its_former_owners_limit_where_nobody_asks(
        self,
        name: str,
        groups: dict[str, Any],
        ann: httpx.AsyncClient,
        start_service: StartService,
        open_client_of: OpenClient,
    ) -> None:
        service = await start_service(rate_limits=LIMITS, **groups)
        made = await make_token(ann)
        thief, owner = open_client_of(service, made["secret"]), open_client_of(service, address="203.0.113.9")
        owner.headers["Authorization"] = ann.headers["Authorization"]
        for _ in range(3):
            assert (await thief.get(TASKS)).status_code == 200
        await ann.delete(f"{TOKENS}/{made['id']}")

        answers = [await thief.request(**UNASKED[name]) for _ in range(10)]
        assert [policy_of(answer) for answer in answers] == ["user"] + ["address"] * 9
        assert_refused(await thief.get(TASKS))
        assert (await owner.get(TASKS)).status_code == 200

    async def test_does_not_use_it_up_by_its_spellings(
        self, ann: httpx.AsyncClient, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(rate_limits=RateLimitSettings(user="40/minute", address="100/minute"))
        made = await make_token(ann)
        thief = open_client_of(service)
        spellings = [{"Authorization": f"Bearer{' ' * count}{made['secret']}"} for count in range(1, 31)]
        for headers in spellings:
            assert (await thief.get(TASKS, headers=headers)).status_code == 200
        await ann.delete(f"{TOKENS}/{made['id']}")

        answers = [await thief.get(TASKS, headers=headers) for headers in spellings]
        assert [answer.status_code for answer in answers] == [401] * 30
        assert [policy_of(answer) for answer in answers] == ["user"] + ["address"] * 29


class TestALivingToken:
    @pytest.mark.parametrize("name", UNASKED)
    async def test_goes_on_where_nobody_asks(
        self,
        name: str,
        ann: httpx.AsyncClient,
        start_service: StartService,
        open_client_of: OpenClient,
        inspection: Inspection,
    ) -> None:
        """The control: what the cache or the router has confirmed in a request stays known after it."""
        service = await start_service(rate_limits=LIMITS)
        program = open_client_of(service, (await make_token(ann))["secret"])
        for _ in range(2):
            assert (await program.get(TASKS)).status_code == 200
        is_seen_by_the_cache = UNASKED[name]["url"].startswith("/api/v1/")
        await program.request(**UNASKED[name])
        inspection.forget()
        answer = await program.get(TASKS)

        assert answer.status_code == 200
        assert policy_of(answer) == ("user" if is_seen_by_the_cache else "address")
        assert bool(inspection.operations) is not is_seen_by_the_cache

    @pytest.mark.parametrize("scheme", ["bearer ", "Bearer" + " " * 1_100, "BEARER" + " " * 4_000])
    async def test_counts_under_its_owners_limit_however_it_is_spelled(
        self,
        scheme: str,
        ann: httpx.AsyncClient,
        start_service: StartService,
        open_client_of: OpenClient,
        inspection: Inspection,
    ) -> None:
        service = await start_service(rate_limits=LIMITS)
        secret = (await make_token(ann))["secret"]
        clients = [open_client_of(service, address=f"203.0.113.{number}") for number in range(10)]
        headers = {"Authorization": f"{scheme}{secret}"}
        answers = []
        for client in clients:
            inspection.forget()
            answers.append(await client.get(TASKS, headers=headers))

        assert [answer.status_code for answer in answers] == [200] * 9 + [429]
        assert [policy_of(answer) for answer in answers] == ["address"] + ["user"] * 9
        assert not inspection.operations
        assert (await clients[0].get(TASKS, headers=bearer(secret))).status_code == 429
