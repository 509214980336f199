"""The outbox: durable work with a due time, written in the transaction of the change that causes it."""

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pymongo import InsertOne, UpdateOne

from app.core.clock import format_instant
from app.data.collections import CollectionSpec, Index
from app.data.database import Collection, Database, Document, Session

EntryState = Literal["waiting", "dead"]

# How long what could not be done is kept for administrators to look at and try again.
DEAD_LIFETIME = timedelta(days=30)

OUTBOX = CollectionSpec(
    name="outbox",
    shard_key="user_id",
    indexes=(
        # What the workers look for, each lane for itself, so that a channel which is slow holds up no other. An entry
        # that is being worked on is due when its lease ends.
        Index("due", [("lane", 1), ("due_at", 1), ("_id", 1)], partial_filter={"state": "waiting"}),
        Index("user", [("user_id", 1)]),  # for erasing an account
        # What a withdrawn occasion has led to already. No entry of another kind has the field.
        Index("occasion", [("user_id", 1), ("occasion_id", 1)], partial_filter={"occasion_id": {"$exists": True}}),
        Index("dead", [("died_at", -1), ("_id", -1)], partial_filter={"died_at": {"$exists": True}}),
        Index(
            "expiry",
            [("died_at", 1)],
            partial_filter={"died_at": {"$exists": True}},
            expires_after=DEAD_LIFETIME,
        ),
    ),
)

# The lane of entries whose channels are still to be found; the others wait in that of their channel.
OCCASIONS = "occasion"
_BULK = ".bulk"

# One command's worth of writes, as for tasks.
_CHUNK_SIZE = 1_000
# Beyond so many, one look for those that are there is cheaper than an upsert each, which takes MongoDB 0.2 ms; an
# insert takes it 0.03 ms.
_FEW = 50


def derive_id(user_id: UUID, kind: str, subject: str, occurrence: str, channel: str = "") -> UUID:
    """Return the id of what is to be told: the same for the same occasion, whoever writes it and however often.

    A UUID of version 8 (RFC 9562, section 5.8): 122 bits of the SHA-256 of the parts, each behind its length.
    """
    digest = hashlib.sha256(user_id.bytes)
    for part in (kind, subject, occurrence, channel):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    bits = int.from_bytes(digest.digest()[:16], "big")
    version, variant = 0xF << 76, 0b11 << 62
    return UUID(int=(bits & ~version & ~variant) | 8 << 76 | 0b10 << 62)


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """Something to be done at an instant.

    `kind` says what happened, `subject` to what (the id of a task, of a session), `occurrence` which time (of several
    with the same subject). An entry without `channel` is an occasion, for which the recipient's preferences are still
    to be asked; one with it is how that is told, and `occasion_id` is the occasion's. `content` is all that is needed
    to tell it: whoever does reads nothing of the feature that wrote it, unless the kind is one whose content is made
    when it is told, as that of digests. `is_bulk` is what comes for many users at one instant, and must not keep
    others waiting.
    """

    user_id: UUID
    kind: str
    subject: str
    at: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    occurrence: str = ""
    channel: str = ""
    occasion_id: UUID | None = None
    is_bulk: bool = False

    @property
    def entry_id(self) -> UUID:
        """The key of the entry, and of what is told, by which repeats can be known."""
        return derive_id(self.user_id, self.kind, self.subject, self.occurrence, self.channel)

    def to_fields(self) -> Document:
        """Return what a later change of the same occasion may change."""
        return {"content": dict(self.content)}

    def to_initial_fields(self) -> Document:
        """Return what stays as it was first written, or is the worker's to change."""
        optional = {"channel": self.channel, "occasion_id": self.occasion_id} if self.channel else {}
        return {
            "kind": self.kind,
            "subject": self.subject,
            "occurrence": self.occurrence,
            **optional,
            "lane": lane_of(channel_name_of(self.channel), is_bulk=self.is_bulk),
            "at": self.at,
            "due_at": self.at,
            "attempts": 0,
            "state": "waiting",
        }


def channel_name_of(channel: str) -> str:
    """Return the name of an entry's channel without the address (`push:0198c7a2`), or `OCCASIONS` if it has none."""
    return channel.partition(":")[0] or OCCASIONS


def lane_of(channel_name: str, *, is_bulk: bool) -> str:
    """Return the lane in which entries wait for their turn."""
    return channel_name + _BULK if is_bulk else channel_name


def is_bulk_lane(lane: str) -> bool:
    """Whether a lane is that of what comes for many users at one instant."""
    return lane.endswith(_BULK)


def occurrence_of(at: datetime) -> str:
    """Return the occurrence of what happens at an instant."""
    return format_instant(at)


class PlannedWork:
    """What one change adds to its user's outbox and takes out of it; written when it has done everything else."""

    def __init__(self) -> None:
        self._writes: dict[UUID, UpdateOne] = {}
        self._new_documents: dict[UUID, Document] = {}
        self._withdrawn: dict[UUID, UUID] = {}

    def plan(self, entry: OutboxEntry, now: datetime) -> None:
        """Add an entry, or give the one that is there the new content.

        What lies in the past is not begun any more; what is late and waits keeps its place.
        """
        key, is_ahead = {"_id": entry.entry_id, "user_id": entry.user_id}, entry.at > now
        fields, initial_fields = entry.to_fields(), entry.to_initial_fields()
        update = {"$set": fields} | ({"$setOnInsert": initial_fields} if is_ahead else {})
        self._forget(entry.entry_id)
        self._writes[entry.entry_id] = UpdateOne(key, update, upsert=is_ahead)
        if is_ahead:
            self._new_documents[entry.entry_id] = {**key, **fields, **initial_fields}

    def put_off(self, entry: OutboxEntry) -> None:
        """Add an entry, or give the one that is there another instant, whoever is at work on it."""
        key = {"_id": entry.entry_id, "user_id": entry.user_id}
        fields = {**entry.to_fields(), **entry.to_initial_fields()}
        self._forget(entry.entry_id)
        forgotten = dict.fromkeys(("claim", "owed_at", "died_at", "last_error"), "")
        self._writes[entry.entry_id] = UpdateOne(key, {"$set": fields, "$unset": forgotten}, upsert=True)

    def withdraw(self, user_id: UUID, entry_id: UUID) -> None:
        """Take an occasion out, if it is still there, and those of its deliveries that did not get through so far."""
        self._forget(entry_id)
        self._withdrawn[entry_id] = user_id

    def _forget(self, entry_id: UUID) -> None:
        """Take back what this change meant to do with an entry: of several things the last one holds."""
        for meant in (self._writes, self._new_documents, self._withdrawn):
            meant.pop(entry_id, None)

    async def write(self, outbox: Collection, session: Session) -> None:
        """Write everything within the change's transaction; nothing costs no command."""
        withdrawn = list(self._withdrawn)
        for start in range(0, len(withdrawn), _CHUNK_SIZE):
            entry_ids = withdrawn[start : start + _CHUNK_SIZE]
            user_id = self._withdrawn[entry_ids[0]]
            await outbox.delete_many({"user_id": user_id, "_id": {"$in": entry_ids}}, session=session, hint="_id_")
            led_to = {"user_id": user_id, "occasion_id": {"$in": entry_ids}}
            await outbox.delete_many(led_to, session=session, hint="occasion")
        for start in range(0, len(self._writes), _CHUNK_SIZE):
            entry_ids = list(self._writes)[start : start + _CHUNK_SIZE]
            new = await self._find_new(outbox, session, entry_ids) if len(self._writes) > _FEW else frozenset()
            writes = [
                InsertOne(self._new_documents[entry_id]) if entry_id in new else self._writes[entry_id]
                for entry_id in entry_ids
            ]
            await outbox.bulk_write(writes, session=session, ordered=False)

    async def _find_new(self, outbox: Collection, session: Session, entry_ids: Sequence[UUID]) -> AbstractSet[UUID]:
        """Return which entries are to be begun and are not there. Nobody else adds any while the change lasts."""
        new = self._new_documents.keys() & set(entry_ids)
        if not new:
            return new
        user_id = next(iter(self._new_documents.values()))["user_id"]
        query = {"user_id": user_id, "_id": {"$in": list(new)}}
        there = await outbox.find(query, {"_id": 1}, session=session, hint="_id_").to_list(None)
        return new - {document["_id"] for document in there}


class Outbox:
    """Writes entries where there is no `Change`, and erases."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(OUTBOX.name)

    async def append(self, entry: OutboxEntry, session: Session) -> None:
        """Add an entry within a transaction; one that is there stays as it is."""
        await self._collection.update_one(
            {"_id": entry.entry_id, "user_id": entry.user_id},
            {"$setOnInsert": {**entry.to_fields(), **entry.to_initial_fields()}},
            upsert=True,
            session=session,
        )

    async def erase_user(self, user_id: UUID) -> None:
        """Delete every entry of a user."""
        await self._collection.delete_many({"user_id": user_id})
