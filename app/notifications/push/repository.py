"""Subscriptions in MongoDB: every method names the user first, and every query the user's shard."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.data.accounts import SESSIONS
from app.data.changes import Change
from app.data.database import Database, Session
from app.notifications.collections import PUSH_SUBSCRIPTIONS
from app.notifications.push.subscriptions import Subscription

# A few more than a user may have.
_LIMIT = 100


class SubscriptionRepository:
    """Reads and writes subscriptions, and reads which sessions go on."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(PUSH_SUBSCRIPTIONS.name)
        self._sessions = database.collection(SESSIONS.name)

    async def list_all(self, user_id: UUID, session: Session | None = None) -> Sequence[Subscription]:
        """Return the user's subscriptions, the newest first."""
        cursor = self._collection.find(
            {"user_id": user_id},
            sort=[("created_at", -1), ("_id", -1)],
            limit=_LIMIT,
            hint="user_newest",
            session=session,
        )
        return [Subscription.from_document(document) for document in await cursor.to_list(_LIMIT)]

    async def find(self, user_id: UUID, subscription_id: UUID) -> Subscription | None:
        """Return a subscription, or None."""
        document = await self._collection.find_one({"_id": subscription_id, "user_id": user_id})
        return None if document is None else Subscription.from_document(document)

    async def save(self, change: Change, subscription: Subscription) -> None:
        """Write a subscription, in the place of the one with the same endpoint if there is one.

        No revision tells of it: what clients follow has not changed.
        """
        change.keep()
        await self._collection.replace_one(
            {"_id": subscription.subscription_id, "user_id": change.user_id},
            subscription.to_document(),
            upsert=True,
            session=change.session,
        )

    async def delete(self, user_id: UUID, subscription_id: UUID) -> bool:
        """Remove a subscription; whether there was one."""
        result = await self._collection.delete_one({"_id": subscription_id, "user_id": user_id})
        return bool(result.deleted_count)

    async def delete_of_session(
        self, user_id: UUID, subscription_id: UUID, session_id: UUID, session: Session | None = None
    ) -> None:
        """Remove a subscription unless another session has made it its own meanwhile."""
        await self._collection.delete_one(
            {"_id": subscription_id, "user_id": user_id, "session_id": session_id}, session=session
        )

    async def erase_user(self, user_id: UUID) -> None:
        """Remove every subscription of a user."""
        await self._collection.delete_many({"user_id": user_id})

    async def find_end(self, user_id: UUID, session_id: UUID, session: Session) -> datetime | None:
        """Return the instant at which a session ends at the latest, or None when it has ended."""
        document = await self._sessions.find_one(
            {"user_id": user_id, "_id": session_id}, {"ends_at": 1}, session=session
        )
        return None if document is None else document["ends_at"]

    async def find_alive(
        self, user_id: UUID, session_ids: Sequence[UUID], now: datetime, session: Session | None = None
    ) -> frozenset[UUID]:
        """Return which of some sessions of the user have not ended."""
        query = {"user_id": user_id, "_id": {"$in": list(session_ids)}, "expires_at": {"$gt": now}}
        cursor = self._sessions.find(query, {"_id": 1}, limit=_LIMIT, session=session)
        return frozenset(document["_id"] for document in await cursor.to_list(_LIMIT))
