"""The notification feature, put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.core.metrics import OutboxMetrics
from app.core.settings import Settings
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.collections import NOTIFICATION_SETTINGS, NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from app.notifications.courier import Courier
from app.notifications.digest import DIGEST, Agenda, Digests
from app.notifications.mail.module import open_mail_channel
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notice_service import NoticeService
from app.notifications.outbox_administration import OutboxAdministration
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preference_service import PreferenceService
from app.notifications.push.module import build_subscriptions, open_push_channel, read_push_setup
from app.notifications.push.service import SubscriptionService
from app.notifications.unsubscribe_service import UnsubscribeService

__all__ = ["NOTIFICATION_COLLECTIONS", "NotificationsModule", "build_notifications", "run_courier"]

NOTIFICATION_COLLECTIONS = (NOTIFICATIONS, NOTIFICATION_SETTINGS, PUSH_SUBSCRIPTIONS)


@dataclass(frozen=True, slots=True)
class NotificationsModule:
    """The services behind the routes."""

    notices: NoticeService
    preferences: PreferenceService
    unsubscribing: UnsubscribeService
    outbox: OutboxAdministration
    subscriptions: SubscriptionService


def build_notifications(store: Store, settings: Settings) -> NotificationsModule:
    """Build the feature over the data layer. Raises `SettingsError`."""
    changes = store.changes.of_content()
    return NotificationsModule(
        notices=NoticeService(changes, NoticeRepository(store.database)),
        preferences=PreferenceService(changes, PreferenceRepository(store.database)),
        unsubscribing=UnsubscribeService(changes, PreferenceRepository(store.database)),
        outbox=OutboxAdministration(store),
        subscriptions=build_subscriptions(store, read_push_setup(settings)),
    )


@asynccontextmanager
async def open_channels(store: Store, settings: Settings) -> AsyncIterator[tuple[Channel, ...]]:
    """Give the channels outside the app that the settings allow for; what they keep open is closed in the end."""
    async with AsyncExitStack() as stack:
        mails = await stack.enter_async_context(open_mail_channel(store, settings))
        pushes = await stack.enter_async_context(open_push_channel(store, read_push_setup(settings)))
        yield (*mails, *pushes)


@asynccontextmanager
async def run_courier(
    store: Store, settings: Settings, metrics: OutboxMetrics, agenda: Agenda
) -> AsyncIterator[None]:
    """Tell users what is due while the context lasts; `agenda` finds what a digest says."""
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(open_channels(store, settings))
        await stack.enter_async_context(Courier(store, channels, metrics, {DIGEST: Digests(agenda)}).run())
        yield
