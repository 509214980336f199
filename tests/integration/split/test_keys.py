"""A service without a private key: whom it lets in while keys are new, taken back, made up or out of reach."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.core import published_keys
from app.core.access_tokens import AccessTokenIssuer, SigningKey
from app.core.published_keys import PublishedKeys
from app.core.settings import JwtSettings, RateLimitSettings, RuntimeSettings, Settings
from app.core.signing_keys import generate_signing_key, load_signing_key
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL, SignIn
from tests.fakes.clock import FakeClock
from tests.fakes.key_publisher import KeyPublisher, publish_keys
from tests.unit.core.test_key_sets import make_key

TASKS = "/api/v1/tasks"

Start = Callable[[], Awaitable[httpx.AsyncClient]]


@pytest.fixture
def old_key(signing_key_file: Path) -> SigningKey:
    """The key that the service with the auth module signs with."""
    return SigningKey(load_signing_key(signing_key_file))


@pytest.fixture
async def publisher(old_key: SigningKey) -> AsyncIterator[KeyPublisher]:
    """Where the keys are fetched."""
    async with publish_keys(old_key) as publisher:
        yield publisher


@pytest.fixture
async def start(
    app: FastAPI, settings: Settings, clock: FakeClock, inspection: Inspection, publisher: KeyPublisher
) -> AsyncIterator[Start]:
    """Starts a service of tasks alone, beside the whole one on the same database, and gives a client of it."""
    alone = settings.model_copy(
        update={
            "runtime": RuntimeSettings(profile="local", enabled_modules=frozenset({"tasks"})),
            "jwt": JwtSettings(jwks_url=publisher.url),
            "rate_limits": RateLimitSettings(),
        }
    )
    async with AsyncExitStack() as stack:

        async def begin() -> httpx.AsyncClient:
            tasks = create_app(alone, clock=clock, listeners=[inspection])
            await stack.enter_async_context(tasks.router.lifespan_context(tasks))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(tasks), base_url=BASE_URL)
            return await stack.enter_async_context(client)

        yield begin


@pytest.fixture
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every request with an unknown key look for it, for tests that would wait some seconds."""
    monkeypatch.setattr(published_keys, "SECONDS_BETWEEN_LOOKS", 0)


def token_of(client: httpx.AsyncClient) -> str:
    """The access token that a client sends."""
    return client.headers["Authorization"].removeprefix("Bearer ")


def issue_again(token: str, key: SigningKey, clock: FakeClock) -> str:
    """Return a token of the same session under another key."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    issuer = AccessTokenIssuer(key, JwtSettings(), clock)
    return issuer.issue(UUID(claims["sub"]), UUID(claims["sid"]), claims["role"])


async def ask(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get(TASKS, headers={"Authorization": f"Bearer {token}"})


def assert_in_doubt(answer: httpx.Response) -> None:
    """Check that the client is told to come again, and not that its token is bad."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["type"] == "/problems/service-unavailable"
    assert "WWW-Authenticate" not in answer.headers


class TestAStartWithoutThePublisher:
    async def test_succeeds_and_goes_on_when_it_is_there(
        self, start: Start, publisher: KeyPublisher, ann: httpx.AsyncClient, look_at_once: None
    ) -> None:
        publisher.is_away = True
        tasks = await start()
        assert (await tasks.get("/livez")).status_code == 200
        ready = await tasks.get("/readyz")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "5")
        assert_in_doubt(await ask(tasks, token_of(ann)))

        publisher.is_away = False

        assert (await ask(tasks, token_of(ann))).status_code == 200
        assert (await tasks.get("/readyz")).status_code == 200

    async def test_leaves_personal_tokens_as_they_are(
        self, start: Start, publisher: KeyPublisher, ann: httpx.AsyncClient
    ) -> None:
        body = {"name": "script", "scopes": ["tasks:read"], "expires_at": None}
        secret = (await ann.post("/api/v1/me/tokens", json=body)).json()["secret"]
        publisher.is_away = True
        tasks = await start()

        assert (await ask(tasks, secret)).status_code == 200


class TestAPublisherThatGoesAway:
    async def test_leaves_the_known_keys_at_work(
        self, start: Start, publisher: KeyPublisher, sign_in: SignIn, look_at_once: None, clock: FakeClock
    ) -> None:
        tasks = await start()
        first = token_of(await sign_in("ann@example.com"))
        assert (await ask(tasks, first)).status_code == 200
        publisher.is_away = True
        assert_in_doubt(await ask(tasks, issue_again(first, make_key(), clock)))

        another = token_of(await sign_in("bob@example.com"))  # one that was never verified here

        assert (await ask(tasks, another)).status_code == 200
        assert (await ask(tasks, first)).status_code == 200
        assert (await tasks.get("/readyz")).status_code == 200


class TestATokenUnderANewKey:
    async def test_is_good_at_its_first_request_and_counts_as_its_users(
        self, start: Start, publisher: KeyPublisher, ann: httpx.AsyncClient, clock: FakeClock, old_key: SigningKey
    ) -> None:
        tasks, new_key = await start(), make_key()
        assert (await ask(tasks, token_of(ann))).status_code == 200
        publisher.keys = [new_key, old_key]

        answer = await ask(tasks, issue_again(token_of(ann), new_key, clock))

        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"].startswith('"user"')
        assert (await ask(tasks, token_of(ann))).status_code == 200

    async def test_would_be_refused_without_a_look(
        self,
        start: Start,
        publisher: KeyPublisher,
        ann: httpx.AsyncClient,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The control."""

        async def look_away(self: PublishedKeys, key_id: str) -> None:
            """Find nothing."""

        tasks, new_key = await start(), make_key()
        assert (await ask(tasks, token_of(ann))).status_code == 200
        publisher.keys = [new_key]
        monkeypatch.setattr(PublishedKeys, "look_for", look_away)

        answer = await ask(tasks, issue_again(token_of(ann), new_key, clock))

        assert answer.status_code == 401
        assert answer.headers["RateLimit-Policy"].startswith('"address"')


class TestAKeyThatWasTakenBack:
    async def test_opens_nothing_any_more_though_its_tokens_were_remembered(
        self, start: Start, publisher: KeyPublisher, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        tasks, new_key = await start(), make_key()
        old, new = token_of(ann), issue_again(token_of(ann), new_key, clock)
        assert (await ask(tasks, old)).status_code == 200
        publisher.keys = [new_key]

        assert (await ask(tasks, new)).status_code == 200

        refused = await ask(tasks, old)
        assert refused.status_code == 401
        assert "unknown key" in refused.json()["detail"]


class TestMadeUpKeys:
    async def test_are_refused_at_the_cost_of_one_fetch(
        self, start: Start, publisher: KeyPublisher, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        tasks = await start()
        assert (await ask(tasks, token_of(ann))).status_code == 200
        before = publisher.count
        forged = [issue_again(token_of(ann), key, clock) for key in [make_key() for _ in range(20)]]

        answers = await asyncio.gather(*(ask(tasks, token) for token in forged))
        answers += [await ask(tasks, token) for token in forged]

        assert {answer.status_code for answer in answers} == {401}
        assert publisher.count == before + 1

    async def test_count_under_the_limit_of_their_address(
        self, start: Start, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        tasks = await start()
        forged = issue_again(token_of(ann), make_key(), clock)

        statuses = [(await ask(tasks, forged)).status_code for _ in range(61)]

        assert statuses == [401] * 60 + [429]
        assert (await ask(tasks, token_of(ann))).status_code == 200


class TestThePublishedSet:
    async def test_has_every_key_and_verifies_with_each(
        self,
        settings: Settings,
        signing_key_file: Path,
        tmp_path: Path,
        ann: httpx.AsyncClient,
        clock: FakeClock,
    ) -> None:
        generate_signing_key(tmp_path / "next.pem")
        jwt = JwtSettings(private_key_file=tmp_path / "next.pem", further_key_files=(signing_key_file,))
        app = create_app(settings.model_copy(update={"jwt": jwt}), clock=clock)
        transport: Any = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
        ):
            keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
            old = await client.get("/api/v1/me", headers={"Authorization": ann.headers["Authorization"]})
            login = await client.post("/api/v1/auth/dev/login", json={"email": "new@example.com"})
            new = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {login.json()['access_token']}"})

        files = (tmp_path / "next.pem", signing_key_file)
        assert [key["kid"] for key in keys] == [SigningKey(load_signing_key(file)).key_id for file in files]
        assert not [key for key in keys if "d" in key]
        assert (old.status_code, new.status_code) == (200, 200)
        header = json.loads(base64.urlsafe_b64decode(login.json()["access_token"].split(".")[0] + "=="))
        assert header["kid"] == keys[0]["kid"]
