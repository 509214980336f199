"""A channel that keeps what it is given, and fails as it is told."""

import asyncio
from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from app.notifications.channel import Message, Recipient
from app.notifications.kinds import ChannelName

Trouble = Callable[[Message], Exception | None]


class FakeChannel:
    """Implements `Channel` for the push channel: `told` are the messages that went through, with their recipients."""

    name: ClassVar[ChannelName] = "push"

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses or ("phone",)
        self.told: list[tuple[Message, Recipient]] = []
        self.attempts = 0
        self.trouble: Trouble = lambda _message: None
        self.gate: asyncio.Event | None = None

    @property
    def keys(self) -> list[UUID]:
        """The keys of what went through, in order."""
        return [message.key for message, _ in self.told]

    async def addresses_of(self, user_id: UUID, email: str | None) -> tuple[str, ...]:
        """Everybody has the same addresses."""
        return self.addresses

    async def deliver(self, message: Message, recipient: Recipient) -> None:
        """Keep a message, once the gate is open, if there is one."""
        self.attempts += 1
        if self.gate is not None:
            await self.gate.wait()
        if (error := self.trouble(message)) is not None:
            raise error
        self.told.append((message, recipient))
