"""Users as administrators look for them: by id, by address, the newest first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from app.core.identity import Role
from app.data.accounts import SESSIONS, USERS
from app.data.database import Database, Document, Session

_FIELDS = dict.fromkeys(
    ("email", "name", "role", "is_disabled", "created_at", "last_seen_at", "revision", "task_count"), 1
)
# Behind every text that begins with what stands before it.
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class ManagedUser:
    """What administrators see of a user.

    `last_seen_at` is the last sign-in or refresh, to the hour, or None for one who never came back since it is noted;
    `tasks` are those that are not in the trash.
    """

    user_id: UUID
    email: str | None
    name: str
    role: Role
    is_disabled: bool
    created_at: datetime
    last_seen_at: datetime | None
    revision: int
    tasks: int

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a `users` document."""
        return cls(
            user_id=document["_id"],
            email=document.get("email"),
            name=document["name"],
            role=document["role"],
            is_disabled=document["is_disabled"],
            created_at=document["created_at"],
            last_seen_at=document.get("last_seen_at"),
            revision=document["revision"],
            tasks=document.get("task_count", 0),
        )

    @property
    def is_acting_admin(self) -> bool:
        """Whether the user can do what administrators can."""
        return self.role == "admin" and not self.is_disabled


@dataclass(frozen=True, slots=True)
class UserDetails:
    """A user with the number of living sessions, which takes another query to know."""

    user: ManagedUser
    sessions: int


class AdminRepository:
    """Reads users for administrators. One who is being erased is not found."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)
        self._sessions = database.collection(SESSIONS.name)

    async def find(self, user_id: UUID, session: Session | None = None) -> ManagedUser | None:
        """Return the user, or None."""
        document = await self._users.find_one({"_id": user_id, "deleted_at": None}, _FIELDS, session=session)
        return None if document is None else ManagedUser.from_document(document)

    async def count_sessions(self, user_id: UUID, now: datetime, session: Session | None = None) -> int:
        """Return how many living sessions there are; a user has no more than a hundred."""
        return await self._sessions.count_documents(
            {"user_id": user_id, "expires_at": {"$gt": now}}, hint="user_last_used", session=session
        )

    async def find_details(self, user_id: UUID, now: datetime) -> UserDetails | None:
        """Return the user with the number of sessions, or None."""
        user, sessions = await asyncio.gather(self.find(user_id), self.count_sessions(user_id, now))
        return None if user is None else UserDetails(user, sessions)

    async def find_newest(self, before_id: UUID | None, limit: int) -> Sequence[ManagedUser]:
        """Return up to `limit` users, the newest first, of those before `before_id`: ids rise with time."""
        query: Document = {"deleted_at": None}
        if before_id is not None:
            query["_id"] = {"$lt": before_id}
        cursor = self._users.find(
            query, _FIELDS, sort=[("_id", -1)], limit=limit, hint="_id_", comment="list-newest-users"
        )
        return [ManagedUser.from_document(document) for document in await cursor.to_list(limit)]

    async def find_by_email(self, prefix: str, after: str | None, limit: int) -> Sequence[ManagedUser]:
        """Return up to `limit` users whose address begins with `prefix`, by address, of those behind `after`."""
        lower = {"$gte": prefix} if after is None else {"$gt": after}
        query = {"email": {**lower, "$lt": prefix + _LAST_CHARACTER}, "deleted_at": None}
        cursor = self._users.find(
            query, _FIELDS, sort=[("email", 1)], limit=limit, hint="email", comment="find-users-by-email"
        )
        return [ManagedUser.from_document(document) for document in await cursor.to_list(limit)]

    async def has_other_acting_admin(self, user_id: UUID, session: Session) -> bool:
        """Whether, in the transaction's snapshot, somebody else is an administrator who is not disabled."""
        found = await self._users.find_one(
            {"role": "admin", "is_disabled": False, "_id": {"$ne": user_id}, "deleted_at": None},
            {"_id": 1},
            hint="admins",
            comment="find-another-admin",
            session=session,
        )
        return found is not None


def as_it_was(user: ManagedUser) -> ManagedUser:
    """Return a user who was found within a change, which has counted the revision up already, as before it."""
    return replace(user, revision=user.revision - 1)
