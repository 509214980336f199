"""Identities: the one place where it is unique across all users who somebody is and whose an address is."""

from uuid import UUID

from pymongo.errors import DuplicateKeyError

from app.data.collections import CollectionSpec
from app.data.database import Database, Session

# `_id` is `google:<sub>`, `<provider>:<sub>`, `dev:<address>` or `email:<address>`, addresses normalised.
IDENTITIES = CollectionSpec(name="identities", shard_key="_id")


class IdentityTakenError(Exception):
    """The identity belongs to a user already."""


class IdentityRepository:
    """Reads and writes identities by primary key."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(IDENTITIES.name)

    async def find_user(self, identity_id: str) -> UUID | None:
        """Return the user whose identity it is, or None."""
        document = await self._collection.find_one({"_id": identity_id})
        return None if document is None else document["user_id"]

    async def insert(self, user_id: UUID, identity_id: str, session: Session) -> None:
        """Give the identity to the user, within a transaction. Raises `IdentityTakenError`."""
        try:
            await self._collection.insert_one({"_id": identity_id, "user_id": user_id}, session=session)
        except DuplicateKeyError:
            # Not an error of the driver any more: a transaction that failed by this must not be run again.
            raise IdentityTakenError(identity_id) from None

    async def delete(self, user_id: UUID, identity_id: str, session: Session) -> None:
        """Take the identity from the user, within a transaction."""
        await self._collection.delete_one({"_id": identity_id, "user_id": user_id}, session=session)
