"""What was given up in the outbox, as administrators see it: never what a user wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from app.data.database import Database, Document, Session
from app.data.outbox import OUTBOX

_FIELDS = dict.fromkeys(("user_id", "kind", "channel", "at", "attempts", "died_at", "last_error"), 1)


@dataclass(frozen=True, slots=True)
class DeadEntry:
    """An entry that was given up. `channel` is None for an occasion that could not be told at all."""

    entry_id: UUID
    user_id: UUID
    kind: str
    channel: str | None
    at: datetime
    attempts: int
    died_at: datetime
    last_error: str

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read an `outbox` document."""
        return cls(
            entry_id=document["_id"],
            user_id=document["user_id"],
            kind=document["kind"],
            channel=document.get("channel"),
            at=document["at"],
            attempts=document["attempts"],
            died_at=document["died_at"],
            last_error=document["last_error"],
        )


@dataclass(frozen=True, slots=True)
class DeadPlace:
    """Where a page ends."""

    died_at: datetime
    entry_id: UUID


class OutboxRepository:
    """Reads and revives what was given up."""

    def __init__(self, database: Database) -> None:
        self._outbox = database.collection(OUTBOX.name)

    async def find_page(self, after: DeadPlace | None, limit: int) -> Sequence[DeadEntry]:
        """Return up to `limit` entries behind `after`, those that were given up last first."""
        query: Document = {"died_at": {"$exists": True}}
        if after is not None:
            # The range bounds the walk of the index; the alternative drops the ties that were seen.
            query["died_at"] = {"$exists": True, "$lte": after.died_at}
            query["$or"] = [{"died_at": {"$lt": after.died_at}}, {"_id": {"$lt": after.entry_id}}]
        cursor = self._outbox.find(
            query,
            _FIELDS,
            sort=[("died_at", -1), ("_id", -1)],
            limit=limit,
            batch_size=limit,
            hint="dead",
            comment="list-dead-work",
        )
        return [DeadEntry.from_document(document) for document in await cursor.to_list(limit)]

    async def find(self, entry_id: UUID) -> DeadEntry | None:
        """Return an entry that was given up."""
        document = await self._outbox.find_one(
            {"_id": entry_id, "state": "dead"}, _FIELDS, hint="_id_", comment="find-dead-work"
        )
        return None if document is None else DeadEntry.from_document(document)

    async def revive(self, user_id: UUID, entry_id: UUID, now: datetime, session: Session) -> bool:
        """Have an entry tried again from the start; return whether it was (still) given up."""
        result = await self._outbox.update_one(
            {"_id": entry_id, "user_id": user_id, "state": "dead"},
            {"$set": {"state": "waiting", "due_at": now, "attempts": 0}, "$unset": {"died_at": "", "last_error": ""}},
            session=session,
        )
        return bool(result.modified_count)
