"""Leases: a named piece of work that one process at a time may do, given up by itself when the holder dies."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from app.core.clock import Clock
from app.data.collections import CollectionSpec
from app.data.database import Database
from app.data.failures import DatabaseError

# Two renewals may fail before the lease is lost.
_RENEWAL_SHARE = 0.3

LEASES = CollectionSpec(name="leases", shard_key=None)


class LeaseHeldError(Exception):
    """Another process holds the lease."""


class Leases:
    """Grants leases through the unique `_id` of one small collection."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._collection = database.collection(LEASES.name)
        self._clock = clock

    @asynccontextmanager
    async def hold(self, name: str, lifetime: timedelta) -> AsyncIterator[None]:
        """Hold the lease for the block. Raises `LeaseHeldError` when it is taken.

        The lease is renewed for as long as the block runs; that of a process that died ends after `lifetime`.
        """
        holder = secrets.token_hex(8)
        taking = asyncio.create_task(self._take(name, holder, lifetime))
        try:
            await asyncio.shield(taking)
        except (asyncio.CancelledError, DatabaseError):
            # It may be taken by now, or be taken yet; the next one would have to wait until it has run out.
            await asyncio.gather(taking, return_exceptions=True)
            with contextlib.suppress(DatabaseError):
                await self._give_back(name, holder)
            raise
        renewal = asyncio.create_task(self._renew(name, holder, lifetime))
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            await self._give_back(name, holder)

    async def _take(self, name: str, holder: str, lifetime: timedelta) -> None:
        now = self._clock.now()
        try:
            # Matches an expired lease; where a valid one stands, the upsert collides with its `_id`.
            await self._collection.update_one(
                {"_id": name, "expires_at": {"$lte": now}},
                {"$set": {"holder": holder, "expires_at": now + lifetime}},
                upsert=True,
            )
        except DuplicateKeyError:
            raise LeaseHeldError(name) from None

    async def _give_back(self, name: str, holder: str) -> None:
        await self._collection.delete_one({"_id": name, "holder": holder})

    async def _renew(self, name: str, holder: str, lifetime: timedelta) -> None:
        while True:
            await asyncio.sleep(lifetime.total_seconds() * _RENEWAL_SHARE)
            with contextlib.suppress(DatabaseError):  # the next renewal may get through in time
                await self._collection.update_one(
                    {"_id": name, "holder": holder}, {"$set": {"expires_at": self._clock.now() + lifetime}}
                )
