"""Web push, put together: the service behind the routes, and the channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.core.settings import Settings
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.push.addresses import AddressPolicy
from app.notifications.push.channel import PushChannel
from app.notifications.push.lookups import SystemNames
from app.notifications.push.repository import SubscriptionRepository
from app.notifications.push.sender import TIMEOUT_SECONDS, PushSender
from app.notifications.push.service import Reach, SubscriptionService
from app.notifications.push.transport import CheckedAddresses, open_checked_http
from app.notifications.push.vapid import VapidKey, choose_subject


@dataclass(frozen=True, slots=True)
class PushSetup:
    """What the settings say of pushes; without a key there are none."""

    key: VapidKey | None
    reach: Reach


def read_push_setup(settings: Settings) -> PushSetup:
    """Read the key, if there is one. Raises `SettingsError` when it is none of P-256.

    The local profile lets pushes go to this machine, where a developer has a push service of his own, or a test; in
    production an endpoint at loopback would be a way to whatever else listens there.
    """
    options, allows_loopback = settings.notifications, settings.runtime.is_local
    path, subject = options.vapid_private_key_file, choose_subject(options.mail_from, settings.http.public_url)
    key = None if path is None else VapidKey.load(path, subject)
    addresses = CheckedAddresses(AddressPolicy(allows_loopback), SystemNames().resolve)
    return PushSetup(key, Reach(addresses, allows_loopback))


def build_subscriptions(store: Store, setup: PushSetup) -> SubscriptionService:
    """Build the service behind the routes."""
    repository = SubscriptionRepository(store.database)
    return SubscriptionService(store.changes.of_content(), repository, store.clock, setup.key, setup.reach)


@asynccontextmanager
async def open_push_channel(store: Store, setup: PushSetup) -> AsyncIterator[tuple[Channel, ...]]:
    """Give the channel, or none without a key; its connections are closed in the end."""
    if setup.key is None:
        yield ()
        return
    reach = setup.reach
    async with open_checked_http(reach.addresses, TIMEOUT_SECONDS) as client:
        sender = PushSender(client, store.clock)
        yield (PushChannel(store.database, sender, setup.key, store.clock, allows_loopback=reach.allows_loopback),)
