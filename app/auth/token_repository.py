"""Personal tokens in MongoDB as their owners see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from app.core.identity import TokenScope
from app.core.personal_tokens import HINT_LENGTH, PersonalToken
from app.data.api_tokens import API_TOKENS
from app.data.database import Database, Document

_NEWEST_FIRST = [("_id", -1)]
_INDEX = "user_newest"
_SHOWN = {"secret_hash": 0}


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A stored token without its secret; `hint` is what its text ends with."""

    token_id: UUID
    name: str
    scopes: tuple[TokenScope, ...]
    expires_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None
    hint: str

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read an `api_tokens` document."""
        return cls(
            token_id=document["_id"],
            name=document["name"],
            scopes=tuple(document["scopes"]),
            expires_at=document["expires_at"],
            created_at=document["created_at"],
            last_used_at=document["last_used_at"],
            hint=document["hint"],
        )


class TokenRepository:
    """Reads and writes tokens."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(API_TOKENS.name)

    async def insert(
        self,
        user_id: UUID,
        token: PersonalToken,
        *,
        name: str,
        scopes: Sequence[TokenScope],
        expires_at: datetime | None,
        now: datetime,
    ) -> TokenRecord:
        """Store a new token and return it."""
        document: Document = {
            "_id": token.token_id,
            "user_id": user_id,
            "name": name,
            "scopes": list(scopes),
            "expires_at": expires_at,
            "created_at": now,
            "last_used_at": None,
            "hint": token.encode()[-HINT_LENGTH:],
            "secret_hash": token.secret_hash,
        }
        await self._collection.insert_one(document)
        return TokenRecord.from_document(document)

    async def list_newest(self, user_id: UUID, limit: int, after: UUID | None) -> Sequence[TokenRecord]:
        """Return tokens, expired ones too, the newest first; only those older than `after`."""
        query: Document = {"user_id": user_id}
        if after is not None:
            query["_id"] = {"$lt": after}
        cursor = self._collection.find(query, _SHOWN, sort=_NEWEST_FIRST, limit=limit, hint=_INDEX)
        return [TokenRecord.from_document(document) for document in await cursor.to_list(limit)]

    async def count(self, user_id: UUID) -> int:
        """Return how many tokens the user has, expired ones too."""
        return await self._collection.count_documents({"user_id": user_id}, hint=_INDEX)

    async def delete(self, user_id: UUID, token_id: UUID) -> bool:
        """Remove a token; whether there was one."""
        result = await self._collection.delete_one({"user_id": user_id, "_id": token_id})
        return bool(result.deleted_count)

    async def delete_expired(self, user_id: UUID, now: datetime) -> None:
        """Remove the tokens of the user that have expired."""
        await self._collection.delete_many({"user_id": user_id, "expires_at": {"$lte": now}}, hint=_INDEX)

    async def delete_all(self, user_id: UUID) -> None:
        """Remove every token of the user."""
        await self._collection.delete_many({"user_id": user_id})
