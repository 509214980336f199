"""The notification feature, put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.core.metrics import OutboxMetrics
from app.core.settings import NotificationSettings
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.collections import NOTIFICATION_SETTINGS, NOTIFICATIONS
from app.notifications.courier import Courier
from app.notifications.digest import DIGEST, Agenda, Digests
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notice_service import NoticeService
from app.notifications.outbox_administration import OutboxAdministration
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preference_service import PreferenceService

__all__ = ["NOTIFICATION_COLLECTIONS", "NotificationsModule", "build_notifications", "run_courier"]

NOTIFICATION_COLLECTIONS = (NOTIFICATIONS, NOTIFICATION_SETTINGS)


@dataclass(frozen=True, slots=True)
class NotificationsModule:
    """The services behind the routes."""

    notices: NoticeService
    preferences: PreferenceService
    outbox: OutboxAdministration


def build_notifications(store: Store) -> NotificationsModule:
    """Build the feature over the data layer."""
    changes = store.changes.of_content()
    return NotificationsModule(
        notices=NoticeService(changes, NoticeRepository(store.database)),
        preferences=PreferenceService(changes, PreferenceRepository(store.database)),
        outbox=OutboxAdministration(store),
    )


@asynccontextmanager
async def open_channels(_store: Store, _settings: NotificationSettings) -> AsyncIterator[tuple[Channel, ...]]:
    """Give the channels outside the app that the settings allow for; what they keep open is closed in the end."""
    yield ()


@asynccontextmanager
async def run_courier(
    store: Store, settings: NotificationSettings, metrics: OutboxMetrics, agenda: Agenda
) -> AsyncIterator[None]:
    """Tell users what is due while the context lasts; `agenda` finds what a digest says."""
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(open_channels(store, settings))
        await stack.enter_async_context(Courier(store, channels, metrics, {DIGEST: Digests(agenda)}).run())
        yield
