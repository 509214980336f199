"""Users in MongoDB: profile, role and the state of the account; `app.data.accounts` declares the collection."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from app.core.identity import Role
from app.data.accounts import USERS
from app.data.database import Database, Document, Session

# A user is noted to have been seen once in so long: a write that goes with few of the refreshes, one in ten minutes.
_NOTED_FOR = timedelta(hours=1)

DEFAULT_TIMEZONE = "UTC"
DEFAULT_LOCALE = "en"
EMPTY_SETTINGS = "{}"


@dataclass(frozen=True, slots=True)
class User:
    """A user. `settings` is JSON text: what clients keep there need not fit into BSON.

    `identity_ids` are the user's entries in `identities`, kept here so that they can be removed by key.
    """

    user_id: UUID
    email: str | None
    name: str
    picture_url: str | None
    role: Role
    timezone: str
    locale: str
    settings: str
    is_disabled: bool
    identity_ids: tuple[str, ...]
    google_id: str | None
    revision: int
    created_at: datetime

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a `users` document."""
        return cls(
            user_id=document["_id"],
            email=document.get("email"),
            name=document["name"],
            picture_url=document.get("picture_url"),
            role=document["role"],
            timezone=document["timezone"],
            locale=document["locale"],
            settings=document["settings"],
            is_disabled=document["is_disabled"],
            identity_ids=tuple(document["identity_ids"]),
            google_id=document.get("google_id"),
            revision=document["revision"],
            created_at=document["created_at"],
        )

    def to_document(self) -> Document:
        """Return the document of a new user; what is None is left out, as the partial indexes need it."""
        optional = {"email": self.email, "picture_url": self.picture_url, "google_id": self.google_id}
        return {
            "_id": self.user_id,
            **{name: value for name, value in optional.items() if value is not None},
            "name": self.name,
            "role": self.role,
            "timezone": self.timezone,
            "locale": self.locale,
            "settings": self.settings,
            "is_disabled": self.is_disabled,
            "identity_ids": list(self.identity_ids),
            "revision": self.revision,
            "revision_marks": [],
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "last_seen_at": self.created_at,
        }

    def read_settings(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        settings: dict[str, Any] = json.loads(self.settings)
        return settings


class UserRepository:
    """Reads and writes users by primary key. A user who is being erased is not found."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(USERS.name)

    async def insert(self, user: User, session: Session) -> None:
        """Store a new user within a transaction."""
        await self._collection.insert_one(user.to_document(), session=session)

    async def find(self, user_id: UUID, session: Session | None = None) -> User | None:
        """Return the user, or None."""
        document = await self._collection.find_one({"_id": user_id, "deleted_at": None}, session=session)
        return None if document is None else User.from_document(document)

    async def update(self, user_id: UUID, fields: Mapping[str, Any], session: Session) -> None:
        """Set fields within a transaction that has found the user."""
        await self._collection.update_one({"_id": user_id}, {"$set": fields}, session=session)

    async def note_seen(self, user_id: UUID, now: datetime) -> None:
        """Note that the user was there, unless that was noted within the hour; no revision tells of it."""
        await self._collection.update_one(
            {"_id": user_id, "last_seen_at": {"$not": {"$gt": now - _NOTED_FOR}}}, {"$set": {"last_seen_at": now}}
        )

    async def find_erased(self, limit: int) -> Sequence[UUID]:
        """Return users who were deleted but of whom something is left, the longest waiting first."""
        cursor = self._collection.find(
            {"deleted_at": {"$exists": True}},
            {"_id": 1},
            sort=[("deleted_at", 1)],
            limit=limit,
            comment="find-erased-accounts",
        )
        return [document["_id"] for document in await cursor.to_list(limit)]

    async def remove(self, user_id: UUID) -> None:
        """Delete what is left of a user; one who was not deleted before stays."""
        await self._collection.delete_one({"_id": user_id, "deleted_at": {"$exists": True}})
