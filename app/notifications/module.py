"""The notifications feature, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.core.metrics import OutboxMetrics
from app.core.settings import NotificationSettings
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.collections import NOTIFICATION_SETTINGS, NOTIFICATIONS
from app.notifications.courier import Courier
from app.notifications.outbox_administration import OutboxAdministration

__all__ = ["NOTIFICATION_COLLECTIONS", "NotificationsModule", "build_notifications", "run_courier"]

NOTIFICATION_COLLECTIONS = (NOTIFICATIONS, NOTIFICATION_SETTINGS)


@dataclass(frozen=True, slots=True)
class NotificationsModule:
    """The services behind the routes."""

    outbox: OutboxAdministration


def build_notifications(store: Store) -> NotificationsModule:
    """Build what the routes need."""
    return NotificationsModule(outbox=OutboxAdministration(store))


@asynccontextmanager
async def open_channels(_store: Store, _settings: NotificationSettings) -> AsyncIterator[tuple[Channel, ...]]:
    """Give the channels outside the app that the settings allow for; what they keep open is closed in the end."""
    yield ()


@asynccontextmanager
async def run_courier(store: Store, settings: NotificationSettings, metrics: OutboxMetrics) -> AsyncIterator[None]:
    """Tell users what is due while the context lasts."""
    async with open_channels(store, settings) as channels, Courier(store, channels, metrics).run():
        yield
