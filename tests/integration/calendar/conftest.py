"""Reading feeds as a calendar service does: by their address, without signing in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from icalendar import Calendar, Event

from app.core.settings import Settings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import expect

FEED = "/api/v1/me/calendar-feed"

MakeFeed = Callable[[httpx.AsyncClient], Awaitable[str]]
ReadEvents = Callable[[str], Awaitable[list[Event]]]


async def make_feed(user: httpx.AsyncClient) -> str:
    """Make a feed and return its path."""
    answer = await user.post(FEED)
    return urlsplit(expect(answer, 201)["url"]).path


@pytest.fixture
def read_events(client: httpx.AsyncClient) -> ReadEvents:
    """Reads a feed and returns its events, in their order."""

    async def read(path: str) -> list[Event]:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return Calendar.from_ical(answer.content).walk("VEVENT")

    return read


@pytest.fixture
async def limited_client(
    settings: Settings, clock: FakeClock, inspection: Inspection, _schema: None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a process that has one request an hour for each address."""
    limits = settings.rate_limits.model_copy(update={"address": "1/hour"})
    app: FastAPI = create_app(
        settings.model_copy(update={"rate_limits": limits}), clock=clock, listeners=[inspection]
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("10.77.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            yield client
