"""A push service, the service's channel to it, and a courier that delivers by it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pymongo.asynchronous.database import AsyncDatabase

from app.core.clock import format_instant
from app.core.metrics import OutboxMetrics
from app.core.settings import Settings
from app.notifications.channel import Channel
from app.notifications.courier import Courier
from app.notifications.push.module import open_push_channel, read_push_setup
from tests.fakes.clock import FakeClock
from tests.fakes.push_service import PushService
from tests.integration.notifications.conftest import work_off

RawDatabase = AsyncDatabase[dict[str, Any]]
Subscribe = Callable[..., Awaitable[dict[str, Any]]]
Remind = Callable[..., Awaitable[str]]

SUBSCRIPTIONS = "/api/v1/me/push-subscriptions"


@pytest.fixture(scope="session")
async def _push_service() -> AsyncIterator[PushService]:
    async with PushService() as service:
        yield service


@pytest.fixture
async def push_service(_push_service: PushService, clock: FakeClock) -> PushService:
    """A push service that knows nobody yet, and goes by the test's clock."""
    await _push_service.reset(clock.now())
    return _push_service


@pytest.fixture
async def channel(app: FastAPI, settings: Settings) -> AsyncIterator[Channel]:  # type: ignore[override]
    """The channel that is tested, on the database of the app."""
    async with open_push_channel(app.state.store, read_push_setup(settings)) as channels:
        (channel,) = channels
        yield channel


@pytest.fixture
def metrics() -> OutboxMetrics:
    """What the courier counts."""
    return OutboxMetrics(CollectorRegistry())


@pytest.fixture
def courier(app: FastAPI, channel: Channel, metrics: OutboxMetrics) -> Courier:
    """A courier that does not run by itself."""
    return Courier(app.state.store, [channel], metrics)


@pytest.fixture
async def browser_of(push_service: PushService, client: httpx.AsyncClient) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Makes browsers that have subscribed at the push service, and have not told the app yet."""
    public_key = (await client.get("/api/v1/push/public-key")).json()["public_key"]

    async def make() -> dict[str, Any]:
        return await push_service.subscribe(public_key)

    return make


@pytest.fixture
def subscribe(browser_of: Callable[[], Awaitable[dict[str, Any]]]) -> Subscribe:
    """Subscribes a new browser of somebody: `(await subscribe(ann))["endpoint"]`."""

    async def subscribe_browser(user: httpx.AsyncClient) -> dict[str, Any]:
        answer = await user.post(SUBSCRIPTIONS, json=await browser_of())
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return subscribe_browser


@pytest.fixture
def remind(courier: Courier, clock: FakeClock, push_service: PushService) -> Remind:
    """Has a task of somebody remind, and delivers: `task_id = await remind(ann, "Buy milk")`."""

    async def remind_of(user: httpx.AsyncClient, title: str = "Buy milk") -> str:
        clock.advance(minutes=1)
        at = format_instant(clock.now())
        clock.advance(minutes=-1)
        answer = await user.post("/api/v1/tasks", json={"title": title, "reminders": [{"at": at}]})
        assert answer.status_code == 201, answer.text
        clock.advance(minutes=1)
        await push_service.set_clock(clock.now())
        await work_off(courier)
        return str(answer.json()["id"])

    return remind_of


@pytest.fixture
def outbox(raw_database: RawDatabase) -> Any:
    """What waits and what was given up."""
    return raw_database["outbox"]


def id_of(subscription: dict[str, Any]) -> UUID:
    """The id of a subscription in an answer."""
    return UUID(subscription["id"])
