"""Personal tokens in MongoDB as every module needs them: to check one, and to say when it was used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pymongo import UpdateOne

from app.core.identity import TokenGrant
from app.data.collections import CollectionSpec, Index
from app.data.database import Database, Document

# So that its owner sees why a script does not get in any more.
EXPIRED_ARE_KEPT = timedelta(days=30)

API_TOKENS = CollectionSpec(
    name="api_tokens",
    shard_key="user_id",
    indexes=(
        # Ids begin with the time at which they were made.
        Index("user_newest", [("user_id", 1), ("_id", -1)]),
        Index("expiry", [("expires_at", 1)], expires_after=EXPIRED_ARE_KEPT),
    ),
)


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What has to be known of a token to check it."""

    secret_hash: bytes = field(repr=False)
    grant: TokenGrant

    @classmethod
    def from_document(cls, document: Document) -> "StoredToken":
        """Read an `api_tokens` document."""
        expires_at = document["expires_at"]
        seconds = float("inf") if expires_at is None else expires_at.timestamp()
        return cls(document["secret_hash"], TokenGrant(frozenset(document["scopes"]), seconds))


@dataclass(frozen=True, slots=True)
class TokenUse:
    """When a token was used last."""

    user_id: UUID
    token_id: UUID
    at: datetime


class ApiTokens:
    """Looks tokens up, and keeps when they were used."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(API_TOKENS.name)

    async def find(self, user_id: UUID, token_id: UUID) -> StoredToken | None:
        """Return the token, expired or not, or None."""
        fields = {"secret_hash": 1, "scopes": 1, "expires_at": 1}
        document = await self._collection.find_one({"user_id": user_id, "_id": token_id}, fields)
        return None if document is None else StoredToken.from_document(document)

    async def record_uses(self, uses: Sequence[TokenUse]) -> None:
        """Move the instants of the last use on, never back; tokens that are gone stay gone."""
        await self._collection.bulk_write(
            [
                UpdateOne({"user_id": use.user_id, "_id": use.token_id}, {"$max": {"last_used_at": use.at}})
                for use in uses
            ],
            ordered=False,
        )
