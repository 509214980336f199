"""What a channel is: a way to reach a user outside the app, one small class each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from app.notifications.kinds import ChannelName


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. `key` is the same whenever it is told again, so that receivers can drop repeats.

    `occasion` is the outbox entry's kind (`reminder`, `security.new-device`), `subject` what it is about (the id of a
    task), `content` what the feature that it comes from has put into the outbox, `at` the instant that it is about.
    """

    key: UUID
    occasion: str
    subject: str
    at: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told, as the account stands at the time; `address` is one of those that the channel named."""

    user_id: UUID
    name: str
    email: str | None
    locale: str
    timezone: str
    address: str


class DeliveryError(Exception):
    """It did not get through. The text is for administrators, and holds nothing of message or recipient."""


class TemporaryDeliveryError(DeliveryError):
    """It may get through later; `retry_after_seconds` is what the receiver asked for, if it did."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class PermanentDeliveryError(DeliveryError):
    """It will never get through."""


class Channel(Protocol):
    """Delivers messages. To add one: write the class, name it in `kinds.py`, list it in `module.py`."""

    name: ClassVar[ChannelName]

    async def addresses_of(self, user_id: UUID, email: str | None) -> tuple[str, ...]:
        """Return where the user is reached by this channel, each a stable text; none is an answer too."""
        ...

    async def deliver(self, message: Message, recipient: Recipient) -> None:
        """Hand the message over to whoever carries it on, within 40 s.

        May be called again for a message that was handed over before. An address that is no more is forgotten by the
        channel and counts as delivered. Raises `TemporaryDeliveryError` or `PermanentDeliveryError`, or
        `ServiceUnavailableError` when this process could not try, which counts as no attempt.
        """
        ...
