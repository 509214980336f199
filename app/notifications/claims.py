"""A claim: an entry of the outbox that a worker is at, for as long as its lease lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from app.data.database import Document
from app.data.outbox import channel_name_of, is_bulk_lane
from app.notifications.channel import Message

# What a worker that died was at is taken up by another after this long. It has to be longer than an entry may take:
# 8 s for claiming it, then 26 s for finding out who is told (two reads, a turn and a transaction), or 52 s for a
# delivery between three operations.
LEASE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An entry that was seen to be due; `owed_at` is since when, however often it was claimed since."""

    user_id: UUID
    entry_id: UUID
    due_at: datetime
    owed_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry of the outbox as it was claimed.

    `token` is that of the claim, by which alone it is marked: whoever claims it after the lease has another one.
    `owed_at` is since when it is due, which neither this claim has moved, to the end of its lease, nor one before it.
    """

    user_id: UUID
    entry_id: UUID
    token: str
    lane: str
    owed_at: datetime
    occasion: str
    subject: str
    occurrence: str
    channel: str
    at: datetime
    content: Mapping[str, Any]
    attempts: int

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a claimed `outbox` document."""
        return cls(
            user_id=document["user_id"],
            entry_id=document["_id"],
            token=document["claim"],
            lane=document["lane"],
            owed_at=document["owed_at"],
            occasion=document["kind"],
            subject=document["subject"],
            occurrence=document["occurrence"],
            channel=document.get("channel", ""),
            at=document["at"],
            content=document["content"],
            attempts=document["attempts"],
        )

    @property
    def is_bulk(self) -> bool:
        """Whether it waits among those that come for many at one instant."""
        return is_bulk_lane(self.lane)

    @property
    def channel_name(self) -> str:
        """How it is told, or `OCCASIONS` while that is still to be found out."""
        return channel_name_of(self.channel)

    @property
    def address(self) -> str:
        """What stands behind the name of the channel."""
        return self.channel.partition(":")[2]

    def to_message(self, key: UUID | None = None) -> Message:
        """Return what is told, under the entry's id if there is no other key."""
        return Message(key or self.entry_id, self.occasion, self.subject, self.at, self.content)
