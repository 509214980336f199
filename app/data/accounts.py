"""The state of an account that every module checks on every request: who, which role, which revision."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.core.identity import Role
from app.data.api_tokens import API_TOKENS
from app.data.collections import CollectionSpec, Index
from app.data.database import Database, Document

USERS = CollectionSpec(
    name="users",
    shard_key="_id",
    indexes=(
        # Looked up by administrators; uniqueness lives in `identities`.
        Index("email", [("email", 1)], partial_filter={"email": {"$exists": True}}),
        Index("google_id", [("google_id", 1)], partial_filter={"google_id": {"$exists": True}}),
        Index("deleted_at", [("deleted_at", 1)], partial_filter={"deleted_at": {"$exists": True}}),
        # Few users each: whether there is another administrator, and how many of either kind there are.
        Index("admins", [("is_disabled", 1), ("_id", 1)], partial_filter={"role": "admin"}),
        Index("last_seen_at", [("last_seen_at", 1)]),  # how many users were active of late
        Index("disabled", [("is_disabled", 1)], partial_filter={"is_disabled": True}),
    ),
)

SESSIONS = CollectionSpec(
    name="sessions",
    shard_key="user_id",
    indexes=(
        Index("user_last_used", [("user_id", 1), ("last_used_at", -1), ("_id", 1)]),
        Index("expiry", [("expires_at", 1)], options={"expireAfterSeconds": 0}),
    ),
)

_ACCOUNT_FIELDS = {"role": 1, "revision": 1, "timezone": 1, "is_disabled": 1}


@dataclass(frozen=True, slots=True)
class Account:
    """What a request needs to know of its user; `revision` is the counter of `app.data.changes`."""

    user_id: UUID
    role: Role
    revision: int
    timezone: str
    is_disabled: bool

    @classmethod
    def from_document(cls, document: Document) -> "Account":
        """Read the fields from a `users` document."""
        return cls(
            user_id=document["_id"],
            role=document["role"],
            revision=document["revision"],
            timezone=document["timezone"],
            is_disabled=document.get("is_disabled", False),
        )


class Accounts:
    """Reads account states by primary key."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)
        self._sessions = database.collection(SESSIONS.name)
        self._tokens = database.collection(API_TOKENS.name)

    async def find(self, user_id: UUID) -> Account | None:
        """Return the account, or None when it does not exist or is being erased."""
        document = await self._users.find_one({"_id": user_id, "deleted_at": None}, _ACCOUNT_FIELDS)
        return None if document is None else Account.from_document(document)

    async def find_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Return up to `limit` of all users, by their ids, of those behind `after`; disabled ones are among them."""
        query: Document = {"deleted_at": None}
        if after is not None:
            query["_id"] = {"$gt": after}
        cursor = self._users.find(
            query, {"_id": 1}, sort=[("_id", 1)], limit=limit, hint="_id_", comment="list-accounts"
        )
        return [document["_id"] for document in await cursor.to_list(limit)]

    async def find_with_session(self, user_id: UUID, session_id: UUID, *, is_token: bool = False) -> Account | None:
        """Return the account, or None when it is gone, or the session has ended or the personal token is gone."""
        collection = self._tokens if is_token else self._sessions
        account, session = await asyncio.gather(
            self.find(user_id),
            collection.find_one({"user_id": user_id, "_id": session_id}, {"_id": 1}),
        )
        return account if session is not None else None
