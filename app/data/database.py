"""The seam between Taskfleet and its MongoDB driver: Motor by default, PyMongo Async by setting."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, TypeVar

import motor.frameworks.asyncio
import motor.motor_asyncio
import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.client_session import ClientSession
from pymongo.monitoring import CommandListener, ConnectionPoolListener
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.server_description import ServerDescription
from pymongo.write_concern import WriteConcern

from app.core.settings import MongoSettings
from app.data.secondary_reads import RoutedCollection, SecondaryReads, find_reads, select_server
from app.data.snapshot_reads import SnapshotReads
from app.data.threads import ThreadedCollection, Threads, ThreadSession, run_transaction
from app.data.wire import RAW_CODEC

Document = dict[str, Any]
# What the server calls a session.
SessionId = Mapping[str, Any]
Result = TypeVar("Result")
# What is told of every command that goes to the server, and of the connections.
CommandListeners = Sequence[CommandListener | ConnectionPoolListener]

# One operation, its server selection and its retry included. Two of them in a row (who is calling, then what
# was asked) must fit into the 10 s in which every request is answered.
OPERATION_TIMEOUT_MS = 4_000
# How long to look for a primary. Shorter than an election may last: the caller gets 503 and comes back.
SERVER_SELECTION_TIMEOUT_MS = 3_000
# To end sessions takes a millisecond. What a server does not hear of it forgets by itself after half an hour.
_CLOSE_SECONDS = 1.0

_TRANSACTION_OPTIONS: dict[str, Any] = {
    "read_preference": ReadPreference.PRIMARY,
    "read_concern": ReadConcern("snapshot"),
    "write_concern": WriteConcern("majority", j=True),
}


class Session(Protocol):
    """A driver session, handed on to repository calls and otherwise opaque."""

    async def commit_transaction(self) -> None: ...

    async def abort_transaction(self) -> None: ...


def give_up_session(session: Session, *, is_over: bool) -> SessionId | None:
    """Return the id of a session in which the server may go on with a transaction, and have it used no more.

    `is_over` says that the server has told of the transaction's end, or was told: None then, unless the driver knows
    that it lost a connection over that. It keeps such sessions out of its pool, and others in use. Of PyMongo, as of
    4.20, what stands behind `_server_session` is private; `session_id` would take an id out of the pool for a session
    that was never used, and so one of somebody else's.
    """
    driver_session: Any = session.driver_session if isinstance(session, ThreadSession) else session
    server_session = driver_session._server_session  # noqa: SLF001 - see above
    session_id: SessionId | None = getattr(server_session, "session_id", None)
    if session_id is None:  # the server never heard of it
        return None
    if not is_over:
        server_session.mark_dirty()
    return session_id if server_session.dirty else None


class Cursor(Protocol):
    """The documents that a query returns."""

    async def to_list(self, length: int | None = None) -> list[Document]: ...


class Collection(Protocol):
    """The operations that repositories use; both drivers offer them with the same arguments."""

    def find(self, query: Mapping[str, Any], /, *args: Any, **options: Any) -> Cursor: ...

    async def find_one(self, query: Mapping[str, Any], /, *args: Any, **options: Any) -> Document | None: ...

    async def find_one_and_update(
        self, query: Mapping[str, Any], update: Any, /, **options: Any
    ) -> Document | None: ...

    async def find_one_and_delete(self, query: Mapping[str, Any], /, **options: Any) -> Document | None: ...

    async def insert_one(self, document: Document, /, **options: Any) -> Any: ...

    async def insert_many(self, documents: Sequence[Document], /, **options: Any) -> Any: ...

    async def replace_one(self, query: Mapping[str, Any], document: Document, /, **options: Any) -> Any: ...

    async def update_one(self, query: Mapping[str, Any], update: Any, /, **options: Any) -> Any: ...

    async def update_many(self, query: Mapping[str, Any], update: Any, /, **options: Any) -> Any: ...

    async def delete_one(self, query: Mapping[str, Any], /, **options: Any) -> Any: ...

    async def delete_many(self, query: Mapping[str, Any], /, **options: Any) -> Any: ...

    async def bulk_write(self, requests: Sequence[Any], /, **options: Any) -> Any: ...

    async def count_documents(self, query: Mapping[str, Any], /, **options: Any) -> int: ...

    async def estimated_document_count(self, **options: Any) -> int: ...

    async def create_indexes(self, indexes: Sequence[Any], /) -> list[str]: ...

    async def drop_index(self, name: str, /) -> None: ...

    async def index_information(self) -> dict[str, Any]: ...


class RawCursor(Protocol):
    """The documents that a query returns, as they travel."""

    async def to_list(self, length: int | None = None) -> list[RawBSONDocument]: ...


class RawCollection(Protocol):
    """What repositories do with a collection whose documents stay as they travel."""

    def find(self, query: Mapping[str, Any], /, *args: Any, **options: Any) -> RawCursor: ...


class Database:
    """One client with its database; made once in `bootstrap`, closed at the end of the process.

    Whatever differs between the drivers is a method here, so that nobody else knows which one runs.
    """

    def __init__(self, settings: MongoSettings, listeners: CommandListeners = ()) -> None:
        self._is_motor = settings.driver == "motor"
        # Apart, so that no read waits for a transaction that waits for its commit.
        self._threads = Threads(motor.frameworks.asyncio.max_workers) if self._is_motor else None
        self._transaction_threads = Threads(motor.frameworks.asyncio.max_workers) if self._is_motor else None
        self._closing: set[asyncio.Task[None]] = set()
        client_class = motor.motor_asyncio.AsyncIOMotorClient if self._is_motor else AsyncMongoClient
        self._client: Any = client_class(
            settings.url.get_secret_value(),
            appname="taskfleet",
            event_listeners=list(listeners),
            timeoutMS=OPERATION_TIMEOUT_MS,
            serverSelectionTimeoutMS=SERVER_SELECTION_TIMEOUT_MS,
            server_selector=select_server if settings.replica_reads else None,
            uuidRepresentation="standard",
            tz_aware=True,
        )
        self._database: Any = self._client.get_database(
            settings.database,
            codec_options=CodecOptions(
                document_class=dict,
                tz_aware=True,
                uuid_representation=4,  # bson.binary.STANDARD
            ),
            # Whatever the URL says; `secondary_reads` is the one way to a secondary.
            read_preference=ReadPreference.PRIMARY,
            # What was read cannot be rolled back, what was acknowledged cannot be lost.
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", j=True),
        )
        self._secondaries: Any = None
        if settings.replica_reads:
            chosen = self._client.read_preference  # the URL's, with its tags
            preference = ReadPreference.SECONDARY if chosen == ReadPreference.PRIMARY else chosen
            self._secondaries = self._database.with_options(read_preference=preference)

    @property
    def name(self) -> str:
        """The database's name, the first part of every namespace."""
        name: str = self._database.name
        return name

    @property
    def connection_limit(self) -> float:
        """How many connections to one server may be in use at once; `math.inf` where nothing bounds them.

        The pool has a bound (`maxPoolSize` of the URL, 0 for none). With Motor there are so many threads for
        transactions, for other operations of collections, and for what Motor does itself.
        """
        pool: float = self._client.options.pool_options.max_pool_size or math.inf
        return min(pool, 3 * motor.frameworks.asyncio.max_workers) if self._is_motor else pool

    def collection(self, name: str) -> Collection:
        """Return the collection of that name."""
        collection: Collection = self._wrap(self._database[name])
        if self._secondaries is not None:
            collection = RoutedCollection(collection, self._secondaries[name])
        return collection

    def raw_collection(self, name: str) -> RawCollection:
        """Return the same collection for reading many documents as they travel (`app.data.wire`)."""
        collection: RawCollection = self._wrap(self._database.get_collection(name, codec_options=RAW_CODEC))
        if self._secondaries is not None:
            secondary = self._secondaries.get_collection(name, codec_options=RAW_CODEC)
            collection = RoutedCollection(collection, secondary)
        return collection

    def _wrap(self, collection: Any) -> Any:
        return collection if self._threads is None else ThreadedCollection(collection.delegate, self._threads)

    async def aggregate(self, name: str, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> list[Document]:
        """Run an aggregation and return all its documents."""
        reads = find_reads(options)
        if reads is None:
            return await self._aggregate(self._wrap(self._database[name]), pipeline, options)
        return await reads.read(
            lambda session: self._aggregate(self._secondaries[name], pipeline, {**options, "session": session}),
            lambda: self._aggregate(self._wrap(self._database[name]), pipeline, options),
        )

    async def _aggregate(
        self, collection: Any, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[Document]:
        cursor: Any = collection.aggregate(pipeline, **options)
        if not self._is_motor:
            cursor = await cursor
        documents: list[Document] = await cursor.to_list(None)
        return documents

    async def command(self, command: Mapping[str, Any], *, is_admin: bool = False) -> Document:
        """Run a database command, on the `admin` database if `is_admin`."""
        database = self._client.admin if is_admin else self._database
        answer: Document = await database.command(command)
        return answer

    def describe_servers(self) -> dict[str, str]:
        """Tell by address what each server was last seen to be, and the kind of error if it was not."""
        servers = self._client.topology_description.server_descriptions()
        return {f"{host}:{port}": _describe(server) for (host, port), server in servers.items()}

    async def find_in_config(self, name: str, query: Mapping[str, Any]) -> list[Document]:
        """Return documents of the `config` database, in which a mongos shows how the cluster is made up."""
        config: Any = self._client.get_database("config", read_concern=ReadConcern("majority"))
        documents: list[Document] = await config[name].find(query).to_list(None)
        return documents

    async def collection_names(self) -> list[str]:
        """Return the names of the collections that exist."""
        names: list[str] = await self._database.list_collection_names()
        return names

    async def create_collection(self, name: str) -> None:
        """Create an empty collection."""
        await self._database.create_collection(name)

    def open_secondary_reads(self, patience_seconds: float) -> SecondaryReads:
        """Return reads on secondaries; only where the settings have them."""
        return SecondaryReads(self._secondaries, self._open_session, patience_seconds)

    async def _open_session(self, **options: Any) -> Any:
        if not self._is_motor:
            return self._client.start_session(**options)
        # Motor would do this in a thread, although a session asks no server before its first operation.
        session = self._client.delegate.start_session(**options)
        return motor.motor_asyncio.AsyncIOMotorClientSession(session, self._client)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SnapshotReads]:
        """Read one point in time for as long as the block runs."""
        reads = SnapshotReads(self._database, await self._open_session(snapshot=True))
        try:
            yield reads
        finally:
            closing = asyncio.create_task(reads.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)

    async def transact(self, work: Callable[[Session], Coroutine[Any, Any, Result]]) -> Result:
        """Run `work` in a session with a transaction begun, which it commits or aborts.

        It may await operations of collections and `app.data.threads.pause`, but nothing else: with Motor it runs in a
        thread.
        """
        if self._transaction_threads is not None:
            return await run_transaction(self._transaction_threads, self._open_transaction, work)
        async with self._client.start_session() as session:
            await session.start_transaction(**_TRANSACTION_OPTIONS)
            return await work(session)

    @contextmanager
    def _open_transaction(self) -> Iterator[ClientSession]:
        with self._client.delegate.start_session() as session:
            session.start_transaction(**_TRANSACTION_OPTIONS)
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*self._closing, return_exceptions=True)
        # The driver ends its sessions at the server, and would wait half a minute for one that is frozen.
        with pymongo.timeout(_CLOSE_SECONDS):
            closing = self._client.close()
            if not self._is_motor:
                await closing
        for threads in (self._threads, self._transaction_threads):
            if threads is not None:
                threads.close()


def _describe(server: ServerDescription) -> str:
    """A server's part in its set; of an error the kind and its number, since the text may quote values."""
    if server.error is None:
        return server.server_type_name
    code = getattr(server.error, "code", None)
    return f"{server.server_type_name}, {type(server.error).__name__}" + (f" {code}" if code is not None else "")
