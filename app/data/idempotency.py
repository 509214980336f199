"""The record of answered requests: which key of which user was used for what, and what was answered."""

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pymongo
from pymongo.errors import DuplicateKeyError

from app.core.clock import Clock
from app.core.errors import ProblemError
from app.core.ids import new_id
from app.data.collections import CollectionSpec, Index
from app.data.database import Database, Document, Session
from app.data.failures import DatabaseError

IDEMPOTENCY = CollectionSpec(
    name="idempotency",
    shard_key="user_id",
    indexes=(
        Index("user", [("user_id", 1)]),  # for erasing an account
        Index("expiry", [("expires_at", 1)], expires_after=timedelta(0)),
    ),
)

ANSWER_LIFETIME = timedelta(hours=24)
# Longer than any request may take; after it, a claim belongs to a process that died.
CLAIM_LIFETIME = timedelta(seconds=30)
# It may begin just before the deadline of a request, and drivers may swallow the cancellation there.
_RELEASE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it went out: status, the headers that make it up, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a key for the first time."""

    record_id: bytes
    user_id: UUID
    token: UUID


class KeyInUseError(ProblemError):
    """Another request with this key is being answered, or took this one's place."""

    slug = "idempotency-key-in-use"
    title = "Idempotency key in use"
    status = 409


class KeyReusedError(ProblemError):
    """The key was sent before with another request."""

    slug = "idempotency-key-reused"
    title = "Idempotency key reused"
    status = 422


class IdempotencyStore:
    """Claims keys and keeps answers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._collection = database.collection(IDEMPOTENCY.name)
        self._clock = clock

    async def claim(self, user_id: UUID, key: str, fingerprint: bytes) -> Claim | StoredAnswer:
        """Return a claim for a new key, or the answer that the key already has.

        Raises `KeyInUseError` or `KeyReusedError`.
        """
        now = self._clock.now()
        claim = Claim(_record_id(user_id, key), user_id, new_id(now))
        fields = {"claim": claim.token, "fingerprint": fingerprint, "claimed_until": now + CLAIM_LIFETIME}
        try:
            await self._collection.insert_one(
                {"_id": claim.record_id, "user_id": user_id, "expires_at": now + ANSWER_LIFETIME, **fields}
            )
        except DuplicateKeyError:
            return await self._claim_known(claim, fingerprint, fields, now)
        return claim

    async def _claim_known(
        self, claim: Claim, fingerprint: bytes, fields: Document, now: datetime
    ) -> Claim | StoredAnswer:
        identity = {"_id": claim.record_id, "user_id": claim.user_id}
        record = await self._collection.find_one(identity)
        if record is not None and record["expires_at"] > now:
            if record["fingerprint"] != fingerprint:
                raise KeyReusedError("This Idempotency-Key was used for a different request.")
            if "status" in record:
                return StoredAnswer(record["status"], record["headers"], record["body"])
            if record["claimed_until"] > now:
                raise KeyInUseError("A request with this Idempotency-Key is being answered; try again.")
        # The claim is abandoned, or the record outlived its day: take it over unless somebody else just did.
        taken = await self._collection.find_one_and_update(
            {**identity, "claim": record["claim"] if record else None},
            {
                "$set": {**fields, "expires_at": now + ANSWER_LIFETIME},
                "$unset": {"status": "", "headers": "", "body": ""},
            },
        )
        if taken is None:
            raise KeyInUseError("A request with this Idempotency-Key is being answered; try again.")
        return claim

    async def save(self, claim: Claim, answer: StoredAnswer, session: Session | None = None) -> None:
        """Keep the answer, within a transaction if `session` is given. Raises `KeyInUseError`."""
        result = await self._collection.update_one(
            {"_id": claim.record_id, "user_id": claim.user_id, "claim": claim.token},
            {"$set": {"status": answer.status, "headers": answer.headers, "body": answer.body}},
            session=session,
        )
        if result.matched_count == 0:
            raise KeyInUseError("Another request took this Idempotency-Key over.")

    async def release(self, claim: Claim) -> None:
        """Give the key back unanswered. Without an answer in time, it comes back when the claim ends by itself."""
        with contextlib.suppress(DatabaseError), pymongo.timeout(_RELEASE_SECONDS):
            await self._collection.delete_one(
                {
                    "_id": claim.record_id,
                    "user_id": claim.user_id,
                    "claim": claim.token,
                    "status": {"$exists": False},
                }
            )

    async def erase_user(self, user_id: UUID) -> None:
        """Delete every record of the user."""
        await self._collection.delete_many({"user_id": user_id})


def _record_id(user_id: UUID, key: str) -> bytes:
    return hashlib.sha256(user_id.bytes + key.encode()).digest()
