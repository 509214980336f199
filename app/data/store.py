"""What every feature is built from: the database with its transactions, changes and clock."""

import asyncio
from dataclasses import dataclass

import structlog

from app.core.change_guard import ChangeGuard, Unguarded
from app.core.clock import Clock
from app.core.settings import MongoSettings, SettingsError
from app.data.changes import Changes
from app.data.database import CommandListeners, Database, Document
from app.data.failures import DatabaseError
from app.data.transactions import TransactionRunner

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """The data layer of one process."""

    database: Database
    transactions: TransactionRunner
    changes: Changes
    guard: ChangeGuard
    clock: Clock

    @classmethod
    def open(
        cls,
        settings: MongoSettings,
        clock: Clock,
        listeners: CommandListeners = (),
        guard: ChangeGuard | None = None,
    ) -> "Store":
        """Build the data layer; connections are made when they are first needed."""
        database = Database(settings, listeners)
        transactions = TransactionRunner(database)
        guard = guard or Unguarded()
        return cls(database, transactions, Changes(database, transactions, clock, guard), guard, clock)

    async def is_ready_within(self, seconds: float) -> bool:
        """Whether a primary that has transactions answers in time; if not, the log says what the servers are."""
        is_ready = await self._greets_within(seconds)
        if not is_ready:
            logger.warning("database_not_ready", servers=self.database.describe_servers())
        return is_ready

    async def _greets_within(self, seconds: float) -> bool:
        # It never takes longer: nobody waits for the driver, which may swallow a cancellation.
        asking = asyncio.create_task(self._greet())
        asking.add_done_callback(_note_outcome)
        await asyncio.wait([asking], timeout=seconds)
        if not asking.done():
            asking.cancel()
            return False
        if isinstance(asking.exception(), DatabaseError):
            return False
        answer = asking.result()
        return _has_transactions(answer) and bool(answer.get("isWritablePrimary"))

    async def require_transactions(self) -> None:
        """Raise `SettingsError` when a server answers that will never have transactions, or a driver error."""
        if not _has_transactions(await self._greet()):
            raise SettingsError(
                "TASKFLEET_MONGO_URL leads to a standalone mongod, which has no transactions; make it a replica set "
                "(--replSet), which may have one member"
            )

    async def _greet(self) -> Document:
        return await self.database.command({"hello": 1}, is_admin=True)

    async def close(self) -> None:
        """Let abandoned transactions end, then close every connection."""
        await self.transactions.close()
        await self.database.close()


def _has_transactions(greeting: Document) -> bool:
    """Whether a member of a replica set, or a mongos, has answered `hello`."""
    return "setName" in greeting or greeting.get("msg") == "isdbgrid"


def _note_outcome(asking: asyncio.Task[Document]) -> None:
    """Take a failure that nobody waits for any more, or asyncio would complain of it."""
    if not asking.cancelled():
        asking.exception()
