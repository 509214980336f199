"""Limits of a running service: who has which budget, and what happens when it is used up."""

import pytest

from tests.fakes.clock import FakeClock
from tests.integration.api.problem_shape import assert_problem
from tests.integration.limits.conftest import OpenClient, StartService, sign_in, statuses

PROVIDERS, TASKS = "/api/v1/auth/providers", "/api/v1/tasks"


class TestAUserWhoSendsTooMuch:
    async def test_is_refused_until_the_time_that_the_refusal_names(
        self, start_service: StartService, open_client_of: OpenClient, clock: FakeClock
    ) -> None:
        ann = open_client_of(await start_service(user="5/minute"))
        await sign_in(ann, "ann@example.com")
        clock.advance(12.5)

        assert await statuses(ann, TASKS, 6) == [200] * 5 + [429]
        refused = await ann.post(TASKS, json={"title": "Buy milk"})

        assert assert_problem(refused, 429)["type"] == "/problems/rate-limited"
        assert refused.headers["RateLimit-Policy"] == '"user";q=5;w=60'
        assert refused.headers["RateLimit"] == '"user";r=0;t=48'
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert int(refused.headers["X-RateLimit-Reset"]) == int(clock.now().timestamp()) + 48 + 1
        clock.advance(int(refused.headers["Retry-After"]) - 1)
        assert await statuses(ann, TASKS, 1) == [429]
        clock.advance(1)
        assert await statuses(ann, TASKS, 1) == [200]

    async def test_takes_nothing_from_others(self, start_service: StartService, open_client_of: OpenClient) -> None:
        service = await start_service(user="3/minute", address="3/minute")
        ann, bob, nobody = (open_client_of(service) for _ in range(3))
        await sign_in(ann, "ann@example.com")
        await sign_in(bob, "bob@example.com")

        assert await statuses(ann, TASKS, 5) == [200] * 3 + [429] * 2
        assert await statuses(bob, TASKS, 3) == [200] * 3
        # Without a limit of their own the two sign-ins counted for the address.
        assert await statuses(nobody, PROVIDERS, 2) == [200, 429]

    async def test_is_known_by_the_cookie_too(self, start_service: StartService, open_client_of: OpenClient) -> None:
        service = await start_service(user="3/minute")
        script, browser = open_client_of(service), open_client_of(service, "198.51.100.5")
        await sign_in(script, "ann@example.com")
        browser.cookies.set("access", script.headers["Authorization"].removeprefix("Bearer "))

        assert await statuses(script, TASKS, 2) == [200] * 2
        assert await statuses(browser, TASKS, 2) == [200, 429]

    async def test_has_unchanged_answers_counted(
        self, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        ann = open_client_of(await start_service(user="3/minute"))
        await sign_in(ann, "ann@example.com")
        etag = (await ann.get(TASKS)).headers["ETag"]

        unchanged = await ann.get(TASKS, headers={"If-None-Match": etag})

        assert (unchanged.status_code, unchanged.headers["X-RateLimit-Remaining"]) == (304, "1")


class TestAReceiverOfMails:
    async def test_stops_mails_for_many_readers_from_one_address(
        self, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        """RFC 8058; under the ordinary limit of an address, which is the control."""
        receiver = open_client_of(await start_service(address="60/minute"))
        path, form = "/api/v1/notifications/unsubscribe?token=unknown", {"List-Unsubscribe": "One-Click"}

        answers = [await receiver.post(path, data=form) for _ in range(70)]

        assert {answer.status_code for answer in answers} == {404}
        assert await statuses(receiver, PROVIDERS, 61) == [200] * 60 + [429]


class TestSomebodyWhoIsNotSignedIn:
    @pytest.mark.parametrize(
        "authorization", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer " + "x" * 10_000, "nonsense"]
    )
    async def test_has_the_budget_of_the_address_whatever_token_it_makes_up(
        self, authorization: str, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(user="100/minute", address="3/minute")
        client, neighbour = open_client_of(service), open_client_of(service, "198.51.100.5")
        client.headers["Authorization"] = authorization

        assert await statuses(client, TASKS, 4) == [401] * 3 + [429]
        assert await statuses(neighbour, TASKS, 1) == [401]

    async def test_has_no_budget_of_a_user_whose_token_has_expired(
        self, start_service: StartService, open_client_of: OpenClient, clock: FakeClock
    ) -> None:
        client = open_client_of(await start_service(user="100/minute", address="3/minute"))
        await sign_in(client, "ann@example.com")
        clock.advance(minutes=11)

        assert await statuses(client, TASKS, 4) == [401] * 3 + [429]

    async def test_is_counted_with_its_network(self, start_service: StartService, open_client_of: OpenClient) -> None:
        service = await start_service(address="3/minute")
        clients = [open_client_of(service, f"2001:db8:1:2::{number}") for number in range(1, 5)]

        assert [(await client.get(PROVIDERS)).status_code for client in clients] == [200] * 3 + [429]


class TestSigningIn:
    async def test_has_a_strict_limit_of_its_own(
        self, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        client = open_client_of(await start_service(user="100/minute", address="100/minute", auth="3/minute"))
        for email in ("ann@example.com", "bob@example.com"):
            await sign_in(client, email)

        refresh = await client.post("/api/v1/auth/refresh", json={"refresh_token": "unknown"})
        refused = await client.get("/api/v1/auth/google/login")

        assert refresh.status_code == 401
        assert assert_problem(refused, 429)["type"] == "/problems/rate-limited"
        assert refused.headers["RateLimit-Policy"] == '"auth";q=3;w=60'
        assert await statuses(client, TASKS, 1) == [200]


class TestBehindAProxy:
    async def test_the_client_is_whom_the_trusted_proxy_names(
        self, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(address="2/minute", trusted_proxies=("10.0.0.0/8",))
        proxy = open_client_of(service, "10.0.0.1")
        for client in ("203.0.113.1", "203.0.113.2"):
            forwarded = [f"192.0.2.{number}, {client}" for number in range(3)]
            answers = [await proxy.get(PROVIDERS, headers={"X-Forwarded-For": line}) for line in forwarded]

            assert [answer.status_code for answer in answers] == [200, 200, 429]

    async def test_the_client_may_be_named_in_the_header_of_rfc_7239(
        self, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(
            address="2/minute", trusted_proxies=("10.0.0.0/8",), forwarded_header="forwarded"
        )
        proxy = open_client_of(service, "10.0.0.1")
        for client in ("203.0.113.1", "203.0.113.2"):
            headers = {"Forwarded": f"for={client};proto=https", "X-Forwarded-For": "192.0.2.1, 10.0.0.7"}
            answers = [await proxy.get(PROVIDERS, headers=headers) for _ in range(3)]

            assert [answer.status_code for answer in answers] == [200, 200, 429]

    async def test_nobody_else_is_believed(self, start_service: StartService, open_client_of: OpenClient) -> None:
        service = await start_service(address="2/minute", trusted_proxies=("10.0.0.0/8",))
        client = open_client_of(service)
        forged = [f"192.0.2.{number}" for number in range(3)]

        answers = [await client.get(PROVIDERS, headers={"X-Forwarded-For": address}) for address in forged]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
