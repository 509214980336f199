"""A mail server process, and the channel that hands mails over to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from app.core.settings import HttpSettings, NotificationSettings, Settings
from app.data.outbox import derive_id
from app.data.store import Store
from app.notifications.channel import Message, Recipient
from app.notifications.mail.channel import MailChannel
from app.notifications.mail.module import open_mail_channel
from tests.factories.users import insert_user
from tests.fakes.clock import START
from tests.fakes.mail_server import HOST, MailServer
from tests.integration.notifications.conftest import RawDatabase

PUBLIC_URL = "https://tasks.example"
SENDER = "no-reply@mail.tasks.example"

Open = Callable[..., Awaitable[MailChannel]]


@pytest.fixture(scope="session")
async def _mail_server() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def mail_server(_mail_server: MailServer) -> MailServer:
    """A server without TLS that has taken nothing yet."""
    await _mail_server.start()
    await _mail_server.play()
    await _mail_server.collect()
    _mail_server.mails.clear()
    return _mail_server


@pytest.fixture
async def user_id(store: Store, raw_database: RawDatabase) -> UUID:
    """Somebody who wants to be reminded by mail."""
    user_id = await insert_user(raw_database, email="ann@example.com")
    choice = {"_id": user_id, "user_id": user_id, "channels": {"reminder": ["email"]}, "revision": 1}
    await raw_database["notification_settings"].insert_one(choice)
    return user_id


@pytest.fixture
async def open_channel(store: Store, settings: Settings) -> AsyncIterator[Open]:
    """Opens channels: `await open_channel("smtp://127.0.0.1:2525")`."""
    async with AsyncExitStack() as stack:

        async def open_at(url: str, **options: Any) -> MailChannel:
            with_mail = settings.model_copy(
                update={
                    "http": HttpSettings(public_url=PUBLIC_URL),
                    "notifications": NotificationSettings(smtp_url=url, mail_from=SENDER),
                }
            )
            (channel,) = await stack.enter_async_context(open_mail_channel(store, with_mail, **options))
            return channel

        yield open_at


@pytest.fixture
async def channel(open_channel: Open, mail_server: MailServer) -> MailChannel:
    """The channel to the server without TLS."""
    return await open_channel(f"smtp://{HOST}:{mail_server.port}")


def make_message(occasion: str = "reminder", subject: str = "", **content: Any) -> Message:
    """Something to tell: a reminder of a task without a due time, unless it is said otherwise."""
    told = {"title": "Buy milk", "due": None, "due_at": None} | content
    return Message(derive_id(UUID(int=1), occasion, subject, "", "email"), occasion, subject, START, told)


def make_digest() -> Message:
    """What there is to do today: one thing."""
    return make_message("digest", due_today_count=1, overdue_count=0, due_today=["Buy milk"], overdue=[])


def make_recipient(user_id: UUID, **fields: Any) -> Recipient:
    """Ann, unless it is said otherwise."""
    ann = {"name": "Ann", "email": "ann@example.com", "locale": "en", "timezone": "Europe/Paris", "address": ""}
    return Recipient(user_id, **ann | fields)
