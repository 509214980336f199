"""Subscribing browsers, listing and removing them."""

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI

from app.core.errors import ValidationProblemError
from app.core.identity import Caller
from app.core.settings import NotificationSettings, Settings
from app.data.store import Store
from app.main import create_app
from app.notifications.push.addresses import AddressPolicy
from app.notifications.push.encryption import BrowserKeys
from app.notifications.push.repository import SubscriptionRepository
from app.notifications.push.service import MAX_SUBSCRIPTIONS, Reach, SubscriptionService
from app.notifications.push.transport import CheckedAddresses
from app.notifications.push.vapid import VapidKey
from tests.fakes.clock import FakeClock
from tests.integration.api import problem_shape
from tests.integration.notifications.push.conftest import SUBSCRIPTIONS, RawDatabase, Subscribe
from tests.waiting import until

BrowserOf = Callable[[], Awaitable[dict[str, Any]]]

PUBLIC_KEY = "/api/v1/push/public-key"


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check the shape of a problem, and which one it is."""
    problem = problem_shape.assert_problem(answer, status)
    assert problem["type"] == f"/problems/{slug}"
    return problem


async def list_endpoints(user: httpx.AsyncClient) -> list[str]:
    answer = await user.get(SUBSCRIPTIONS)
    assert answer.status_code == 200, answer.text
    return [item["endpoint"] for item in answer.json()["items"]]


class TestTheKey:
    async def test_is_the_public_half_of_the_configured_one(
        self, client: httpx.AsyncClient, push_key_file: Path
    ) -> None:
        answer = await client.get(PUBLIC_KEY)

        text = answer.json()["public_key"]
        point = base64.urlsafe_b64decode(text + "=")
        private_key = load_pem_private_key(push_key_file.read_bytes(), password=None)
        assert isinstance(private_key, ec.EllipticCurvePrivateKey)
        public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        assert public_key.public_numbers() == private_key.public_key().public_numbers()
        assert (len(point), point[0]) == (65, 4)
        again = await client.get(PUBLIC_KEY, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304

    async def test_is_missing_where_no_pushes_are_sent(self, settings: Settings, browser_of: BrowserOf) -> None:
        without = settings.model_copy(update={"notifications": NotificationSettings(deliver_in_api=False)})
        app = create_app(without, clock=FakeClock())
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
        ):
            assert_problem(await client.get(PUBLIC_KEY), 404, "push-not-configured")
            token = (await client.post("/api/v1/auth/dev/login", json={"email": "cy@example.com"})).json()
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            answer = await client.post(SUBSCRIPTIONS, json=await browser_of(), headers=headers)
            assert_problem(answer, 404, "push-not-configured")
            assert (await client.get(SUBSCRIPTIONS, headers=headers)).json() == {"items": []}


class TestSubscribing:
    async def test_answers_with_what_is_known_of_the_browser(
        self, ann: httpx.AsyncClient, browser_of: BrowserOf, clock: FakeClock
    ) -> None:
        browser = await browser_of()
        answer = await ann.post(SUBSCRIPTIONS, json=browser, headers={"User-Agent": "Firefox " + "x" * 300})

        made = answer.json()
        assert answer.status_code == 201
        assert made == {
            "id": made["id"],
            "endpoint": browser["endpoint"],
            "created_at": "2026-11-23T12:00:00.000Z",
            "user_agent": ("Firefox " + "x" * 300)[:200],
        }
        assert (await ann.get(SUBSCRIPTIONS)).json() == {"items": [made]}

    async def test_with_the_same_endpoint_replaces(
        self, ann: httpx.AsyncClient, browser_of: BrowserOf, raw_database: RawDatabase
    ) -> None:
        browser, other = await browser_of(), await browser_of()
        first = (await ann.post(SUBSCRIPTIONS, json=browser)).json()
        second = (await ann.post(SUBSCRIPTIONS, json={**browser, "keys": other["keys"]})).json()

        assert second["id"] == first["id"]
        (document,) = await raw_database["push_subscriptions"].find().to_list()
        assert base64.urlsafe_b64encode(document["auth"]).decode().rstrip("=") == other["keys"]["auth"]

    async def test_with_somebody_elses_endpoint_makes_another_one(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, browser_of: BrowserOf
    ) -> None:
        """One browser, two people who use it one after the other."""
        browser = await browser_of()
        mine = (await ann.post(SUBSCRIPTIONS, json=browser)).json()
        his = (await bob.post(SUBSCRIPTIONS, json=browser)).json()

        assert mine["id"] != his["id"]
        assert (await bob.delete(f"{SUBSCRIPTIONS}/{mine['id']}")).status_code == 404
        assert await list_endpoints(ann) == await list_endpoints(bob) == [browser["endpoint"]]

    async def test_with_a_key_is_answered_once(self, ann: httpx.AsyncClient, browser_of: BrowserOf) -> None:
        browser, headers = await browser_of(), {"Idempotency-Key": "once"}
        first = await ann.post(SUBSCRIPTIONS, json=browser, headers=headers)
        second = await ann.post(SUBSCRIPTIONS, json=browser, headers=headers)

        assert second.json() == first.json()
        assert second.headers["Idempotency-Replayed"] == "true"

    async def test_is_for_sessions_alone(
        self, ann: httpx.AsyncClient, open_client: Any, browser_of: BrowserOf
    ) -> None:
        """A token that was lost must not be told what its owner is."""
        draft = {"name": "Script", "scopes": ["tasks:read", "tasks:write"]}
        secret = (await ann.post("/api/v1/me/tokens", json=draft)).json()["secret"]
        token = open_client(headers={"Authorization": f"Bearer {secret}"})

        assert_problem(await token.post(SUBSCRIPTIONS, json=await browser_of()), 403, "session-required")
        assert_problem(await token.get(SUBSCRIPTIONS), 403, "session-required")

    async def test_after_the_session_ended_is_refused(
        self, ann: httpx.AsyncClient, browser_of: BrowserOf, raw_database: RawDatabase, forget_answers: Any
    ) -> None:
        browser = await browser_of()
        await raw_database["sessions"].delete_many({})
        await forget_answers()

        assert_problem(await ann.post(SUBSCRIPTIONS, json=browser), 401, "unauthenticated")
        assert await raw_database["push_subscriptions"].count_documents({}) == 0


class TestAMalformedSubscription:
    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"endpoint": ""}, "/endpoint"),
            ({"endpoint": "https://push.example.com/" + "x" * 2_048}, "/endpoint"),
            ({"endpoint": "http://push.example.com/x"}, "/endpoint"),
            ({"endpoint": "https://push.example.com:8443/x"}, "/endpoint"),
            ({"endpoint": "https://user@push.example.com/x"}, "/endpoint"),
            ({"endpoint": "https://[::1]/x"}, "/endpoint"),
            ({"endpoint": "https://10.0.0.1/x"}, "/endpoint"),
            ({"endpoint": "https://push.example.com\\@127.0.0.1/"}, "/endpoint"),
            ({"endpoint": "ftp://push.example.com/x"}, "/endpoint"),
            ({"endpoint": "https://push.example.com/\x00"}, "/endpoint"),
            ({"endpoint": 7}, "/endpoint"),
            ({"expirationTime": "tomorrow"}, "/expirationTime"),
            ({"expiration_time": None}, "/expiration_time"),
            ({"color": "red"}, "/color"),
            ({"keys": {}}, "/keys/p256dh"),
        ],
    )
    async def test_is_refused(
        self, change: dict[str, Any], pointer: str, ann: httpx.AsyncClient, browser_of: BrowserOf
    ) -> None:
        answer = await ann.post(SUBSCRIPTIONS, json={**await browser_of(), **change})

        problem = assert_problem(answer, 422, "validation-failed")
        assert problem["errors"][0]["pointer"] == pointer
        assert await list_endpoints(ann) == []

    @pytest.mark.parametrize(
        ("name", "raw"),
        [
            ("p256dh", b"\x04" + b"\x01" * 64),  # a point that is not on the curve
            ("p256dh", b"\x02" + b"\x01" * 32),  # compressed
            ("p256dh", b"\x04" * 64),
            ("p256dh", b"\x00"),  # the point at infinity
            ("p256dh", b""),
            ("auth", b"x" * 15),
            ("auth", b"x" * 17),
            ("auth", b""),
        ],
    )
    async def test_is_refused_for_its_keys(
        self, name: str, raw: bytes, ann: httpx.AsyncClient, browser_of: BrowserOf
    ) -> None:
        browser = await browser_of()
        browser["keys"][name] = base64.urlsafe_b64encode(raw).decode()
        answer = await ann.post(SUBSCRIPTIONS, json=browser)

        problem = assert_problem(answer, 422, "validation-failed")
        assert problem["errors"][0]["pointer"] == f"/keys/{name}"

    @pytest.mark.parametrize("text", ["a+b/" * 5 + "aa", "é" * 22, "a", " ", "x" * 97])
    async def test_is_refused_for_keys_that_are_no_base64url(
        self, text: str, ann: httpx.AsyncClient, browser_of: BrowserOf
    ) -> None:
        browser = await browser_of()
        browser["keys"]["auth"] = text

        assert_problem(await ann.post(SUBSCRIPTIONS, json=browser), 422, "validation-failed")

    async def test_with_padded_keys_is_none(self, ann: httpx.AsyncClient, browser_of: BrowserOf) -> None:
        browser = await browser_of()
        browser["keys"]["auth"] += "=="
        browser["keys"]["p256dh"] += "="
        browser["expirationTime"] = 1_790_000_000_000.5

        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201


class TestAnEndpointByItsName:
    """In the production profile, with a name server of the test's."""

    async def subscribe(self, app: FastAPI, user: httpx.AsyncClient, endpoint: str, addresses: list[str]) -> str:
        """Subscribe past the routes, and return the endpoint of what is there then."""

        async def resolve(_host: str, _port: int) -> list[str]:
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "unknown")
            return addresses

        store: Store = app.state.store
        me = (await user.get("/api/v1/me")).json()
        (session,) = (await user.get("/api/v1/me/sessions")).json()["items"]
        caller = Caller(UUID(me["id"]), UUID(session["id"]), "user", me["revision"], "UTC")
        service = SubscriptionService(
            store.changes.of_content(),
            SubscriptionRepository(store.database),
            store.clock,
            VapidKey(ec.generate_private_key(ec.SECP256R1()), "https://tasks.example"),
            Reach(CheckedAddresses(AddressPolicy(), resolve), allows_loopback=False),
        )
        return (await service.subscribe(caller, endpoint, BrowserKeys(b"p" * 65, b"a" * 16), "")).endpoint

    @pytest.mark.parametrize("addresses", [["8.8.8.8"], ["10.0.0.1", "8.8.8.8"], []])
    async def test_is_taken_when_it_is_public_or_not_known_at_present(
        self, addresses: list[str], app: FastAPI, ann: httpx.AsyncClient
    ) -> None:
        endpoint = "https://push.example.com/x"
        assert await self.subscribe(app, ann, endpoint, addresses) == endpoint
        assert await list_endpoints(ann) == [endpoint]

    @pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.1", "fd00::1"], ["::ffff:8.8.8.8"]])
    async def test_is_refused_when_it_leads_inside(
        self, addresses: list[str], app: FastAPI, ann: httpx.AsyncClient
    ) -> None:
        with pytest.raises(ValidationProblemError, match="public"):
            await self.subscribe(app, ann, "https://push.example.com/x", addresses)
        assert await list_endpoints(ann) == []

    async def test_is_refused_on_this_machine(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        with pytest.raises(ValidationProblemError, match="443"):
            await self.subscribe(app, ann, "http://127.0.0.1:4711/x", ["127.0.0.1"])


class TestTooManySubscriptions:
    async def test_are_refused(self, ann: httpx.AsyncClient, subscribe: Subscribe, browser_of: BrowserOf) -> None:
        for _ in range(MAX_SUBSCRIPTIONS):
            last = await subscribe(ann)

        assert_problem(await ann.post(SUBSCRIPTIONS, json=await browser_of()), 409, "quota-exceeded")
        assert (await ann.delete(f"{SUBSCRIPTIONS}/{last['id']}")).status_code == 204
        await subscribe(ann)

    async def test_do_not_come_of_renewing_one(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, browser_of: BrowserOf
    ) -> None:
        browser = await browser_of()
        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201
        for _ in range(MAX_SUBSCRIPTIONS - 1):
            await subscribe(ann)

        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201

    async def test_do_not_come_of_several_at_once(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, browser_of: BrowserOf
    ) -> None:
        for _ in range(MAX_SUBSCRIPTIONS - 1):
            await subscribe(ann)
        browsers = [await browser_of() for _ in range(4)]
        answers = await asyncio.gather(*(ann.post(SUBSCRIPTIONS, json=browser) for browser in browsers))

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_give_way_where_their_sessions_have_ended(
        self, ann: httpx.AsyncClient, sign_in: Any, subscribe: Subscribe, raw_database: RawDatabase
    ) -> None:
        other = await sign_in("ann@example.com")
        kept = await subscribe(other)
        for _ in range(MAX_SUBSCRIPTIONS - 1):
            await subscribe(ann)
        assert (await ann.post("/api/v1/auth/logout")).status_code == 204
        made = await subscribe(other)

        assert set(await list_endpoints(other)) == {kept["endpoint"], made["endpoint"]}
        assert await raw_database["push_subscriptions"].count_documents({}) == 2


class TestTheList:
    async def test_shows_the_newest_first_and_none_of_a_session_that_has_ended(
        self, ann: httpx.AsyncClient, sign_in: Any, subscribe: Subscribe, clock: FakeClock
    ) -> None:
        other = await sign_in("ann@example.com")
        first = await subscribe(other)
        await subscribe(ann)
        clock.advance(1)
        last = await subscribe(other)
        assert (await ann.post("/api/v1/auth/logout")).status_code == 204

        assert await list_endpoints(other) == [last["endpoint"], first["endpoint"]]

    async def test_has_no_keys(self, ann: httpx.AsyncClient, browser_of: BrowserOf) -> None:
        browser = await browser_of()
        await ann.post(SUBSCRIPTIONS, json=browser)

        text = (await ann.get(SUBSCRIPTIONS)).text
        assert browser["endpoint"] in text
        assert browser["keys"]["auth"] not in text


class TestRemoving:
    async def test_by_endpoint_leaves_the_others(self, ann: httpx.AsyncClient, subscribe: Subscribe) -> None:
        gone, kept = await subscribe(ann), await subscribe(ann)
        for _ in range(2):
            answer = await ann.delete(SUBSCRIPTIONS, params={"endpoint": gone["endpoint"]})
            assert answer.status_code == 204

        assert await list_endpoints(ann) == [kept["endpoint"]]

    async def test_all_leaves_those_of_others(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, subscribe: Subscribe
    ) -> None:
        for _ in range(3):
            await subscribe(ann)
        kept = await subscribe(bob)
        assert (await ann.delete(SUBSCRIPTIONS)).status_code == 204

        assert await list_endpoints(ann) == []
        assert await list_endpoints(bob) == [kept["endpoint"]]

    async def test_by_id_twice_is_404(self, ann: httpx.AsyncClient, subscribe: Subscribe) -> None:
        made = await subscribe(ann)

        assert (await ann.delete(f"{SUBSCRIPTIONS}/{made['id']}")).status_code == 204
        assert_problem(await ann.delete(f"{SUBSCRIPTIONS}/{made['id']}"), 404, "not-found")

    async def test_the_account_removes_all(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, raw_database: RawDatabase
    ) -> None:
        await subscribe(ann)
        assert (await ann.delete("/api/v1/me")).status_code == 202

        async def is_erased() -> bool:
            return await raw_database["push_subscriptions"].count_documents({}) == 0

        await until(is_erased)
