"""The service with a browser app."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock

# What a browser sends when somebody follows a link or types an address.
NAVIGATION = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def web_settings(settings: Settings, web_dist: object) -> Settings:
    """The settings of the tests with `WEB_DIST`."""
    return settings.model_copy(update={"http": settings.http.model_copy(update={"web_dist": web_dist})})


@pytest.fixture(scope="module")
async def web_app(web_settings: Settings, _schema: None) -> AsyncIterator[FastAPI]:
    """The running service."""
    app = create_app(web_settings, clock=FakeClock())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def browser(web_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Sends what a test says and nothing else: no `Accept`, no `Accept-Encoding`."""
    transport = httpx.ASGITransport(web_app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        del client.headers["Accept"]
        del client.headers["Accept-Encoding"]
        yield client
