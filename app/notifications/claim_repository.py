"""Claims in MongoDB: finding what is due, claiming it, and saying what became of it."""

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo import UpdateOne

from app.core.clock import Clock
from app.data.database import Database, Document, Session
from app.data.outbox import OUTBOX, OutboxEntry
from app.notifications.claims import LEASE, Claim, Sighting

# What is told of a failure: a line of an SMTP server or a few of Python's words.
_MAX_ERROR_LENGTH = 500
_TOKEN_BYTES = 8
# Long enough for a worker to look past some thousands of entries, of which it sees up to 512 at once.
_LEAST_ASIDE_SECONDS = 1.0
_ASIDE_SECONDS = 5.0
# With it, 10,000 entries cost some 330 writes a second while they wait; it is as long as a lease.
_LONG_ASIDE_SECONDS = 60.0
# Looked for several times a minute: thousands are gone within minutes.
_UNSERVED_LIMIT = 500

logger = structlog.get_logger(__name__)


class ClaimRepository:
    """Reads and writes the outbox for a worker. Each write to an entry names the claim that it is made under."""

    def __init__(self, database: Database, clock: Clock, lease: timedelta = LEASE) -> None:
        self._name = OUTBOX.name
        self._database = database
        self._outbox = database.collection(OUTBOX.name)
        self._clock = clock
        self._lease = lease

    async def find_due(self, lane: str, limit: int) -> Sequence[Sighting]:
        """Return up to `limit` entries of a lane that are due, those that have been for longest first."""
        cursor = self._outbox.find(
            {"lane": lane, "state": "waiting", "due_at": {"$lte": self._clock.now()}},
            {"user_id": 1, "due_at": 1, "owed_at": 1},
            sort=[("due_at", 1), ("_id", 1)],
            limit=limit,
            batch_size=limit,
            hint="due",
            comment="find-due-work",
        )
        documents = await cursor.to_list(limit)
        return [_see(document) for document in documents]

    async def claim(self, sightings: Sequence[Sighting]) -> Sequence[Claim]:
        """Claim what is still as it was seen; the rest has been claimed by somebody else, changed or withdrawn.

        What cannot be read is claimed and not returned: it comes again after the lease, and holds up nothing else.
        """
        token, leased_until = new_token(), self._clock.now() + self._lease
        fields = {"due_at": leased_until, "claim": token}
        writes = [
            UpdateOne(_as_seen(sighting), {"$set": {**fields, "owed_at": sighting.owed_at}}) for sighting in sightings
        ]
        await self._outbox.bulk_write(writes, ordered=False)
        found = self._outbox.find(
            {"_id": {"$in": [sighting.entry_id for sighting in sightings]}, "claim": token},
            limit=len(sightings),
            batch_size=len(sightings),
            hint="_id_",
            comment="read-claimed-work",
        )
        claims = [_read(document) for document in await found.to_list(None)]
        return [claim for claim in claims if claim is not None]

    async def set_aside(self, sightings: Sequence[Sighting]) -> None:
        """Have what is still as it was seen come again in some seconds, each at another time.

        What has been owed for long waits for up to as long again, so that thousands of entries which make no headway
        cost few writes.
        """
        now, writes = self._clock.now(), []
        for sighting in sightings:
            longest = min(max((now - sighting.owed_at).total_seconds(), _ASIDE_SECONDS), _LONG_ASIDE_SECONDS)
            seconds = random.uniform(_LEAST_ASIDE_SECONDS, longest)  # noqa: S311 - spreads load, guards nothing
            fields = {"due_at": now + timedelta(seconds=seconds), "owed_at": sighting.owed_at}
            writes.append(UpdateOne(_as_seen(sighting), {"$set": fields}))
        await self._outbox.bulk_write(writes, ordered=False)

    async def take_out(self, claim: Claim, session: Session) -> Mapping[str, Any] | None:
        """Delete a claimed entry within a transaction and return its content, or None if the claim is lost."""
        document = await self._outbox.find_one_and_delete(_held(claim), session=session, projection={"content": 1})
        return None if document is None else _content_of(document)

    async def defer(self, claim: Claim, until: datetime, session: Session | None = None) -> Mapping[str, Any] | None:
        """Have a claimed entry taken up again at an instant; returns as `take_out`."""
        update = {"$set": {"due_at": until}, "$unset": {"claim": "", "owed_at": ""}}
        document = await self._outbox.find_one_and_update(
            _held(claim), update, session=session, projection={"content": 1}
        )
        return None if document is None else _content_of(document)

    async def add(
        self, entries: Sequence[OutboxEntry], owed_at: datetime, token: str | None, session: Session
    ) -> Sequence[Claim]:
        """Add entries within a transaction, claimed by `token` if there is one; return the claims on them.

        They are due since `owed_at`. One that is there stays as it is.
        """
        writes, claims = [], []
        for entry in entries:
            fields = {**entry.to_fields(), **entry.to_initial_fields(), "due_at": owed_at}
            if token is not None:
                fields |= {"due_at": self._clock.now() + self._lease, "claim": token, "owed_at": owed_at}
                named = {"_id": entry.entry_id, "user_id": entry.user_id}
                claims.append(Claim.from_document(fields | named))
            key = {"_id": entry.entry_id, "user_id": entry.user_id}
            writes.append(UpdateOne(key, {"$setOnInsert": fields}, upsert=True))
        if writes:
            await self._outbox.bulk_write(writes, session=session, ordered=False)
        return claims

    async def complete(self, claim: Claim) -> None:
        """Delete an entry that is done."""
        await self._outbox.delete_one(_held(claim))

    async def put_back(self, claim: Claim, due_at: datetime, attempts: int, error: str) -> None:
        """Have an entry tried again at an instant. If that counts as no attempt, it is owed since the same time."""
        fields = {"due_at": due_at, "attempts": attempts, "last_error": error[:_MAX_ERROR_LENGTH]}
        forgotten = ("claim",) if attempts == claim.attempts else ("claim", "owed_at")
        await self._outbox.update_one(_held(claim), {"$set": fields, "$unset": dict.fromkeys(forgotten, "")})

    async def bury(self, claim: Claim, attempts: int, error: str) -> None:
        """Give an entry up, and keep it for administrators."""
        fields = {"state": "dead", "died_at": self._clock.now(), "attempts": attempts}
        fields["last_error"] = error[:_MAX_ERROR_LENGTH]
        await self._outbox.update_one(_held(claim), {"$set": fields, "$unset": {"claim": "", "owed_at": ""}})

    async def release(self, claims: Sequence[Claim]) -> None:
        """Let others have what was claimed and is not done, at once."""
        writes = [
            UpdateOne(_held(claim), {"$set": {"due_at": claim.owed_at}, "$unset": {"claim": ""}}) for claim in claims
        ]
        if writes:
            await self._outbox.bulk_write(writes, ordered=False)

    async def count_overdue(self, lanes: Sequence[str], since: timedelta, limit: int) -> int:
        """Count entries of these lanes that have been due for so long and that nobody is at, up to `limit`."""
        return await self._count(_due_in(lanes, self._clock.now() - since), limit)

    async def count_unserved(self, lanes: Sequence[str], since: timedelta, limit: int) -> int:
        """Count the same of all other lanes."""
        return await self._count(_due_elsewhere(lanes, self._clock.now() - since), limit)

    async def _count(self, query: Document, limit: int) -> int:
        counted = await self._database.aggregate(
            self._name,
            [{"$match": query}, {"$limit": limit}, {"$count": "entries"}],
            hint="due",
            comment="count-overdue-work",
        )
        return int(counted[0]["entries"]) if counted else 0

    async def bury_unserved(self, lanes: Sequence[str], since: timedelta) -> int:
        """Give up deliveries that have been due for so long in other lanes; return how many, up to a limit."""
        now = self._clock.now()
        cursor = self._outbox.find(
            {"channel": {"$exists": True}, **_due_elsewhere(lanes, now - since)},
            {"user_id": 1, "due_at": 1},
            limit=_UNSERVED_LIMIT,
            batch_size=_UNSERVED_LIMIT,
            hint="due",
            comment="find-unserved-work",
        )
        fields = {"state": "dead", "died_at": now, "last_error": "nobody delivers by this channel"}
        update = {"$set": fields, "$unset": {"claim": "", "owed_at": ""}}
        writes = [UpdateOne(_as_seen(_see(document)), update) for document in await cursor.to_list(_UNSERVED_LIMIT)]
        if not writes:
            return 0
        return int((await self._outbox.bulk_write(writes, ordered=False)).modified_count)


def new_token() -> str:
    """Return the name of a new claim."""
    return secrets.token_hex(_TOKEN_BYTES)


def _due_in(lanes: Sequence[str], until: datetime) -> Document:
    return {"lane": {"$in": list(lanes)}, "state": "waiting", "due_at": {"$lte": until}}


def _due_elsewhere(lanes: Sequence[str], until: datetime) -> Document:
    return {"lane": {"$nin": list(lanes)}, "state": "waiting", "due_at": {"$lte": until}}


def _see(document: Document) -> Sighting:
    due_at: datetime = document["due_at"]
    return Sighting(document["user_id"], document["_id"], due_at, document.get("owed_at", due_at))


def _read(document: Document) -> Claim | None:
    try:
        return Claim.from_document(document)
    except Exception:
        logger.exception("outbox_entry_unreadable", entry_id=str(document["_id"]))
        return None


def _as_seen(sighting: Sighting) -> Document:
    return {
        "_id": sighting.entry_id,
        "user_id": sighting.user_id,
        "due_at": sighting.due_at,
        "state": "waiting",
    }


def _held(claim: Claim) -> Document:
    return {"_id": claim.entry_id, "user_id": claim.user_id, "claim": claim.token}


def _content_of(document: Document) -> Mapping[str, Any]:
    content: Mapping[str, Any] = document["content"]
    return content
