"""Notices in MongoDB: every method names the user first, and every query the user's shard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.data.changes import Change
from app.data.database import Database, Document
from app.notifications.collections import NOTIFICATIONS
from app.notifications.notices import Notice

_NEWEST_FIRST = [("created_at", -1), ("_id", -1)]


@dataclass(frozen=True, slots=True)
class NoticePlace:
    """Where a page of notices ends."""

    created_at: datetime
    notice_id: UUID


class NoticeRepository:
    """Reads and writes notices."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(NOTIFICATIONS.name)

    async def insert(self, change: Change, notice: Notice) -> bool:
        """Add a notice within a change; return whether it is new. One that is there stays as it is, read or not."""
        fields = {name: value for name, value in notice.to_document().items() if name != "_id"}
        result = await self._collection.update_one(
            {"_id": notice.notice_id, "user_id": change.user_id},
            {"$setOnInsert": fields | change.stamp_ahead()},
            upsert=True,
            session=change.session,
        )
        if is_new := result.upserted_id is not None:
            change.stamp()
        return is_new

    async def find_page(
        self, user_id: UUID, limit: int, after: NoticePlace | None, *, is_unread_only: bool = False
    ) -> Sequence[Notice]:
        """Return up to `limit` notices behind `after`, the newest first."""
        query: Document = {"user_id": user_id}
        if is_unread_only:
            query["is_unread"] = True
        if after is not None:
            # The range bounds the walk of the index; the alternative drops the ties that were seen.
            query["created_at"] = {"$lte": after.created_at}
            query["$or"] = [{"created_at": {"$lt": after.created_at}}, {"_id": {"$lt": after.notice_id}}]
        index = "unread" if is_unread_only else "newest"
        cursor = self._collection.find(query, sort=_NEWEST_FIRST, limit=limit, batch_size=limit, hint=index)
        return [Notice.from_document(document) for document in await cursor.to_list(limit)]

    async def count_unread(self, user_id: UUID, limit: int) -> int:
        """Count what the user has not read, up to `limit`."""
        query = {"user_id": user_id, "is_unread": True}
        return await self._collection.count_documents(query, limit=limit, hint="unread")

    async def mark_read(self, change: Change, notice_ids: Sequence[UUID] | None, limit: int) -> int:
        """Mark up to `limit` unread notices as read, those named or (None) any, and return how many there were."""
        query: Document = {"user_id": change.user_id, "is_unread": True}
        if notice_ids is not None:
            query["_id"] = {"$in": list(notice_ids)}
        hint = "unread" if notice_ids is None else "_id_"
        options = {"session": change.session, "limit": limit, "hint": hint}
        found = await self._collection.find(query, {"_id": 1}, **options).to_list(limit)
        if found:
            await self._collection.update_many(
                {"user_id": change.user_id, "_id": {"$in": [document["_id"] for document in found]}},
                {"$set": {"read_at": change.at, **change.stamp()}, "$unset": {"is_unread": ""}},
                session=change.session,
            )
        return len(found)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete every notice of a user."""
        await self._collection.delete_many({"user_id": user_id})
