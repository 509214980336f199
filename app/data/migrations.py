"""Migrations: brings a database to the declared collections, indexes and steps, once, by one process at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pymongo
from pymongo.errors import OperationFailure

from app.core.clock import Clock
from app.data.collections import CollectionSpec
from app.data.database import Collection, Database
from app.data.leases import LEASES, LeaseHeldError, Leases
from app.data.store import Store

MIGRATIONS = CollectionSpec(name="migrations", shard_key=None)

# A migrator that died blocks the next for at most this long; one at work renews its lease.
_LEASE_LIFETIME = timedelta(seconds=15)
_POLL_SECONDS = 0.2
# Five indexes over 100,000 tasks took 4.5 s on two cores, so a day is enough for a billion and more. The driver's own
# deadline, some seconds, would end such an index on every try.
_INDEX_BUILD_TIMEOUT_SECONDS = 86_400.0
# The code of the server's error.
_INDEX_NOT_FOUND = 27


class MigrationError(Exception):
    """A migration could not do all that it has to, and is to be run again; the text is for an operator."""


@contextlib.asynccontextmanager
async def hold_migration_lease(database: Database, clock: Clock) -> AsyncIterator[None]:
    """Be the only one to change the schema for the block. Waits while another process does it."""
    leases = Leases(database, clock)
    async with contextlib.AsyncExitStack() as stack:
        while True:
            try:
                await stack.enter_async_context(leases.hold("migrate", _LEASE_LIFETIME))
            except LeaseHeldError:
                await asyncio.sleep(_POLL_SECONDS)
            else:
                break
        yield


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema's history. `apply` must bear being run again after it was interrupted.

    A feature declares its own beside its collections; versions are those of the database, and so of all features.
    """

    version: int
    description: str
    apply: Callable[[Store], Awaitable[None]]


class Progress:
    """How far a migration has come that goes through all users, for the next run if this one is cut off.

    Stands beside the applied versions under a name, so that it is never taken for one of them.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._migrations = database.collection(MIGRATIONS.name)
        self._key = {"_id": name}

    async def read(self) -> tuple[UUID | None, list[UUID]]:
        """Return the last user that was reached, None at the beginning, and those up to it that failed."""
        document = await self._migrations.find_one(self._key)
        return (None, []) if document is None else (document["last_user_id"], document["failed_user_ids"])

    async def write(self, last: UUID, failed: Sequence[UUID]) -> None:
        """Note that all users up to `last` were reached, and which of them failed."""
        fields = {"last_user_id": last, "failed_user_ids": list(failed)}
        await self._migrations.update_one(self._key, {"$set": fields}, upsert=True)

    async def forget(self) -> None:
        """Have the next run begin anew."""
        await self._migrations.delete_one(self._key)


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a run did."""

    created_collections: tuple[str, ...]
    created_indexes: tuple[str, ...]
    dropped_indexes: tuple[str, ...]
    applied_versions: tuple[int, ...]


class Migrator:
    """Applies collection specs and migrations to one database."""

    def __init__(self, store: Store, specs: Sequence[CollectionSpec], migrations: Sequence[Migration] = ()) -> None:
        versions = [migration.version for migration in migrations]
        if versions != sorted(set(versions)):
            raise ValueError("migrations must be listed by rising, unique version")
        self._store = store
        self._database = store.database
        self._specs = (LEASES, MIGRATIONS, *specs)
        self._migrations = migrations

    async def run(self) -> MigrationReport:
        """Bring the database up to date; a second run changes nothing. Waits while another process does it."""
        async with hold_migration_lease(self._database, self._store.clock):
            created_collections = await self._create_collections()
            created_indexes, dropped_indexes = await self._change_indexes()
            return MigrationReport(
                created_collections=created_collections,
                created_indexes=created_indexes,
                dropped_indexes=dropped_indexes,
                applied_versions=await self._apply_migrations(),
            )

    async def _create_collections(self) -> tuple[str, ...]:
        # Explicitly, because a collection that is first written inside a transaction costs a conflict.
        existing = set(await self._database.collection_names())
        missing = tuple(spec.name for spec in self._specs if spec.name not in existing)
        for name in missing:
            await self._database.create_collection(name)
        return missing

    async def _change_indexes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Make the indexes that are missing; then drop the retired ones, which served until these were there."""
        created, dropped = [], []
        for spec in self._specs:
            collection = self._database.collection(spec.name)
            before = await collection.index_information()
            if spec.indexes:
                # All of them, and always: one that is listed may still be under way, and one that is there in another
                # form is an error.
                with pymongo.timeout(_INDEX_BUILD_TIMEOUT_SECONDS):
                    names = await collection.create_indexes([index.to_model() for index in spec.indexes])
                created += [f"{spec.name}.{name}" for name in names if name not in before]
            dropped += [f"{spec.name}.{name}" for name in spec.retired_indexes if await _drop(collection, name)]
        return tuple(created), tuple(dropped)

    async def _apply_migrations(self) -> tuple[int, ...]:
        collection = self._database.collection(MIGRATIONS.name)
        # Under ids of another type migrations note how far they came (`Progress`).
        applied_before = await collection.find({"_id": {"$type": "number"}}, {"_id": 1}).to_list(None)
        done = {document["_id"] for document in applied_before}
        applied = []
        for migration in self._migrations:
            if migration.version in done:
                continue
            await migration.apply(self._store)
            await collection.insert_one(
                {
                    "_id": migration.version,
                    "description": migration.description,
                    "applied_at": self._store.clock.now(),
                }
            )
            applied.append(migration.version)
        return tuple(applied)


async def _drop(collection: Collection, name: str) -> bool:
    """Drop an index, and tell whether there was one: a run that was cut off may have done it."""
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:
            raise
        return False
    return True
