"""What every feature is built from: the database with its transactions, changes and clock."""

from dataclasses import dataclass

from app.core.change_guard import ChangeGuard, Unguarded
from app.core.clock import Clock
from app.core.settings import MongoSettings
from app.data.changes import Changes
from app.data.database import CommandListeners, Database
from app.data.transactions import TransactionRunner


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

    async def is_ready(self) -> bool:
        """Whether a primary answers; raises a driver error when none does in time."""
        answer = await self.database.command({"hello": 1}, is_admin=True)
        return bool(answer.get("isWritablePrimary") or answer.get("msg") == "isdbgrid")

    async def close(self) -> None:
        """Let abandoned transactions end, then close every connection."""
        await self.transactions.drain()
        await self.database.close()
