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

_FIELDS = dict.fromkeys(("email", "name", "role", "is_disabled", "created_at", "revision", "task_count"), 1)
# Behind every text that begins with what stands before it.
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class ManagedUser:
    """What administrators see of a user; `tasks` are those that are not in the trash."""

    user_id: UUID
    email: str | None
    name: str
    role: Role
    is_disabled: bool
    created_at: datetime
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
            revision=document["revision"],
            tasks=document.get("task_count", 0),
        )

    @property
    def is_acting_admin(self) -> bool:
        """Whether the user can do what administrators can."""
        return self.role == "admin" and not self.is_disabled


@dataclass(frozen=True, slots=True)
class Presence:
    """A user's living sessions: how many there are, and when one was last begun or refreshed."""

    sessions: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserDetails:
    """A user with what it takes another query to know."""

    user: ManagedUser
    presence: Presence


class AdminRepository:
    """Reads users for administrators. One who is being erased is not found."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)
        self._sessions = database.collection(SESSIONS.name)

    async def find(self, user_id: UUID, session: Session | None = None) -> ManagedUser | None:
        """Return the user, or None."""
        document = await self._users.find_one({"_id": user_id, "deleted_at": None}, _FIELDS, session=session)
        return None if document is None else ManagedUser.from_document(document)

    async def find_presence(self, user_id: UUID, now: datetime, session: Session | None = None) -> Presence:
        """Return what there is of living sessions; a user has no more than a hundred."""
        cursor = self._sessions.find(
            {"user_id": user_id, "expires_at": {"$gt": now}},
            {"last_used_at": 1},
            sort=[("last_used_at", -1), ("_id", 1)],
            hint="user_last_used",
            session=session,
        )
        found = await cursor.to_list(None)
        return Presence(len(found), found[0]["last_used_at"] if found else None)

    async def find_details(self, user_id: UUID, now: datetime) -> UserDetails | None:
        """Return the user with the presence, or None."""
        user, presence = await asyncio.gather(self.find(user_id), self.find_presence(user_id, now))
        return None if user is None else UserDetails(user, presence)

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
