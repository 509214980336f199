"""A courier on the test's database, and entries for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from pymongo.asynchronous.database import AsyncDatabase

from app.core.metrics import OutboxMetrics
from app.data.changes import Change
from app.data.outbox import Outbox, OutboxEntry, occurrence_of
from app.data.store import Store
from app.notifications.courier import Courier
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from tests.factories.users import insert_user
from tests.fakes.clock import FakeClock
from tests.fakes.notification_channel import FakeChannel

RawDatabase = AsyncDatabase[dict[str, Any]]
Plan = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def user_id(store: Store, raw_database: RawDatabase) -> UUID:
    """Somebody to tell."""
    return await insert_user(raw_database, email="ann@example.com")


@pytest.fixture
def channel() -> FakeChannel:
    """The only way to reach users outside the app."""
    return FakeChannel()


@pytest.fixture
def metrics() -> OutboxMetrics:
    """What the courier counts."""
    return OutboxMetrics(CollectorRegistry())


@pytest.fixture
def courier(store: Store, channel: FakeChannel, metrics: OutboxMetrics) -> Courier:
    """A courier that does not run yet."""
    return Courier(store, [channel], metrics)


@pytest.fixture
def plan(store: Store, clock: FakeClock, user_id: UUID) -> Plan:
    """Plans a reminder: `await plan()` is due now, `await plan(seconds=60)` in a minute."""

    async def plan_reminder(seconds: float = 0, subject: UUID | None = None, user: UUID = user_id) -> UUID:
        at = clock.now() + timedelta(seconds=seconds)
        entry = make_reminder(user, at, subject or UUID(int=7))
        await store.transactions.run(lambda session: Outbox(store.database).append(entry, session))
        return entry.entry_id

    return plan_reminder


def make_reminder(user_id: UUID, at: datetime, subject: UUID) -> OutboxEntry:
    """A reminder of a task without a due time."""
    content = {"title": "Buy milk", "due": None, "due_at": None}
    return OutboxEntry(user_id, "reminder", str(subject), at, content, occurrence_of(at))


@pytest.fixture
async def outbox(raw_database: RawDatabase) -> Any:
    """What waits and what was given up."""
    return raw_database["outbox"]


@pytest.fixture
async def running(courier: Courier) -> AsyncIterator[Courier]:
    """The courier at work."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(courier.run())
        yield courier


async def work_off(courier: Courier) -> None:
    """Do what is due now, and what comes of it, without a loop in the background."""
    for lane in courier.lanes.values():
        while await lane.take():
            await lane.finish(20)
        await lane.finish(20)


async def choose(store: Store, user_id: UUID, preferences: Preferences) -> None:
    """Save what somebody wants."""

    async def save(change: Change) -> None:
        await PreferenceRepository(store.database).save(change, preferences)

    await store.changes.run(user_id, save)
