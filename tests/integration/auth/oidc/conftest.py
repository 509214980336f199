"""What the tests of OpenID Connect share: a provider process, an app that knows it, a browser between the two."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.settings import OidcProvider, SignInSettings
from tests.fakes.clock import FakeClock
from tests.fakes.openid_provider import (
    OpenIDProvider,
)
from tests.integration.auth.conftest import RunApp, client_of

LOGIN = "/api/v1/auth/google/login"
CALLBACK = "/api/v1/auth/google/callback"


class Browser:
    """A person's browser between this service and the provider."""

    def __init__(self, client: httpx.AsyncClient, provider: OpenIDProvider) -> None:
        self.client = client
        self.provider = provider

    async def begin(self, **query: str) -> str:
        """Begin a login and return where the provider sends the browser back to, path and query."""
        answer = await self.client.get(LOGIN, params=query)
        assert answer.status_code == 303, answer.text
        callback = urlsplit(await self.provider.follow(answer.headers["Location"]))
        return f"{callback.path}?{callback.query}"

    async def sign_in(self, **query: str) -> httpx.Response:
        """Go all the way and return the callback's answer."""
        return await self.client.get(await self.begin(**query))

    async def profile(self) -> dict[str, Any]:
        answer = await self.client.get("/api/v1/me")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def assert_refused(answer: httpx.Response, status: int, slug: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers


@pytest.fixture(scope="session")
async def provider_process() -> AsyncIterator[OpenIDProvider]:
    async with OpenIDProvider() as provider:
        yield provider


@pytest.fixture
async def provider(provider_process: OpenIDProvider, clock: FakeClock) -> OpenIDProvider:
    """An honest provider, whose clock is the machine's."""
    await provider_process.start()
    await provider_process.reset()
    clock.set(datetime.now(UTC))
    return provider_process


@pytest.fixture
def sign_in_settings(provider: OpenIDProvider) -> SignInSettings:
    """The provider twice: as Google and as somebody else's."""
    client = {"client_id": provider.client_id, "client_secret": SecretStr(provider.client_secret)}
    corporate = OidcProvider(name="corp", title="Corporation", issuer=provider.issuer, **client)
    return SignInSettings(
        google_client_id=provider.client_id,
        google_client_secret=SecretStr(provider.client_secret),
        google_issuer=provider.issuer,
        oidc_providers=(corporate,),
        admin_emails=frozenset({"root@example.org"}),
    )


@pytest.fixture
async def service(run_app: RunApp, sign_in_settings: SignInSettings) -> AsyncIterator[FastAPI]:
    """An app that knows the provider."""
    async with run_app(sign_in=sign_in_settings) as app:
        yield app


@pytest.fixture
async def browser(service: FastAPI, provider: OpenIDProvider) -> AsyncIterator[Browser]:
    """A browser at that app."""
    async with client_of(service) as client:
        yield Browser(client, provider)
