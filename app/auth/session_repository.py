"""Sessions in MongoDB: one document is one session, one device and one refresh-token family."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from app.auth.refresh_tokens import RefreshToken
from app.data.accounts import SESSIONS
from app.data.database import Database, Document, Session

_NEWEST_FIRST = [("last_used_at", -1), ("_id", 1)]
_INDEX = "user_last_used"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A stored session. The last three belong to the latest rotation and are None before the first."""

    session_id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    proof_hash: bytes
    secret_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime | None
    rotation_salt: bytes | None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a `sessions` document."""
        return cls(
            session_id=document["_id"],
            user_id=document["user_id"],
            created_at=document["created_at"],
            last_used_at=document["last_used_at"],
            expires_at=document["expires_at"],
            user_agent=document["user_agent"],
            proof_hash=document["proof_hash"],
            secret_hash=document["secret_hash"],
            previous_hash=document.get("previous_hash"),
            rotated_at=document.get("rotated_at"),
            rotation_salt=document.get("rotation_salt"),
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation stores if the presented token is the current one."""

    at: datetime
    salt: bytes
    expires_at: datetime
    user_agent: str


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """Where a page of sessions ends."""

    last_used_at: datetime
    session_id: UUID


class SessionRepository:
    """Reads and writes sessions."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(SESSIONS.name)

    async def insert(
        self,
        user_id: UUID,
        token: RefreshToken,
        *,
        now: datetime,
        expires_at: datetime,
        ends_at: datetime,
        user_agent: str,
        session: Session | None = None,
    ) -> None:
        """Store a new session; `ends_at` is the instant beyond which no rotation extends it."""
        await self._collection.insert_one(
            {
                "_id": token.session_id,
                "user_id": user_id,
                "created_at": now,
                "last_used_at": now,
                "expires_at": expires_at,
                "ends_at": ends_at,
                "user_agent": user_agent,
                "proof_hash": token.proof_hash,
                "secret_hash": token.secret_hash,
            },
            session=session,
        )

    async def rotate(self, user_id: UUID, token: RefreshToken, rotation: Rotation) -> SessionRecord | None:
        """Replace the secret if `token` is the current one; return the session as it then is, or None.

        One atomic step decides and reads: of several racing callers one rotates, and all of them see what
        was stored, wherever they run.
        """
        is_current = {
            "$and": [
                {"$eq": ["$secret_hash", token.secret_hash]},
                {"$eq": ["$proof_hash", token.proof_hash]},
                {"$gt": ["$expires_at", rotation.at]},
            ]
        }
        rotated = {
            "secret_hash": token.successor(rotation.salt).secret_hash,
            "previous_hash": token.secret_hash,
            "rotated_at": rotation.at,
            "rotation_salt": rotation.salt,
            "last_used_at": rotation.at,
            "expires_at": {"$min": [rotation.expires_at, "$ends_at"]},
            "user_agent": {"$literal": rotation.user_agent},
        }
        document = await self._collection.find_one_and_update(
            {"user_id": user_id, "_id": token.session_id},
            [{"$replaceWith": {"$cond": [is_current, {"$mergeObjects": ["$$ROOT", rotated]}, "$$ROOT"]}}],
            return_document=True,
        )
        return None if document is None else SessionRecord.from_document(document)

    async def find(self, user_id: UUID, session_id: UUID) -> SessionRecord | None:
        """Return the session, or None."""
        document = await self._collection.find_one({"user_id": user_id, "_id": session_id})
        return None if document is None else SessionRecord.from_document(document)

    async def list_alive(
        self, user_id: UUID, now: datetime, limit: int, after: SessionPlace | None
    ) -> Sequence[SessionRecord]:
        """Return sessions that have not expired, the one used last first."""
        query: Document = {"user_id": user_id, "expires_at": {"$gt": now}}
        if after is not None:
            # The range bounds the walk of the index; the alternative drops the ties that were seen.
            query["last_used_at"] = {"$lte": after.last_used_at}
            query["$or"] = [{"last_used_at": {"$lt": after.last_used_at}}, {"_id": {"$gt": after.session_id}}]
        cursor = self._collection.find(query, sort=_NEWEST_FIRST, limit=limit, hint=_INDEX)
        return [SessionRecord.from_document(document) for document in await cursor.to_list(limit)]

    async def delete(self, user_id: UUID, session_id: UUID, session: Session | None = None) -> bool:
        """End a session; whether there was one."""
        result = await self._collection.delete_one({"user_id": user_id, "_id": session_id}, session=session)
        return bool(result.deleted_count)

    async def delete_all(self, user_id: UUID, session: Session | None = None) -> None:
        """End every session of the user."""
        await self._collection.delete_many({"user_id": user_id}, session=session)

    async def list_beyond(self, user_id: UUID, count: int) -> Sequence[UUID]:
        """Return the sessions that are not among the `count` that were used last."""
        cursor = self._collection.find({"user_id": user_id}, {"_id": 1}, sort=_NEWEST_FIRST, skip=count, hint=_INDEX)
        return [document["_id"] for document in await cursor.to_list(None)]
