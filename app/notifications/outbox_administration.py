"""What administrators do with what was given up: look at it, and have it tried again."""

from collections.abc import Sequence
from uuid import UUID

from app.data.audit import Actor, AuditEntry, AuditLog, Subject
from app.data.database import Session
from app.data.store import Store
from app.notifications.errors import OutboxEntryNotFoundError
from app.notifications.outbox_repository import DeadEntry, DeadPlace, OutboxRepository


class OutboxAdministration:
    """Reads and revives entries."""

    def __init__(self, store: Store) -> None:
        self._transactions = store.transactions
        self._clock = store.clock
        self._entries = OutboxRepository(store.database)
        self._audit = AuditLog(store.database, store.clock)

    async def get_page(self, after: DeadPlace | None, limit: int) -> tuple[Sequence[DeadEntry], DeadPlace | None]:
        """Return up to `limit` entries, given up last first, and where the next page begins, if there is one."""
        found = await self._entries.find_page(after, limit + 1)
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], DeadPlace(last.died_at, last.entry_id)

    async def retry(self, actor: Actor, entry_id: UUID) -> None:
        """Have an entry tried again from the start, and the audit tell of it. Raises `OutboxEntryNotFoundError`."""
        entry = await self._entries.find(entry_id)
        if entry is None:
            raise OutboxEntryNotFoundError

        async def revive(session: Session) -> None:
            if not await self._entries.revive(entry.user_id, entry_id, self._clock.now(), session):
                raise OutboxEntryNotFoundError
            subject = Subject("outbox-entry", entry_id)
            before, after = {"state": "dead", "attempts": entry.attempts}, {"state": "waiting", "attempts": 0}
            await self._audit.append(AuditEntry(actor, "outbox.retried", subject, before, after), session)

        await self._transactions.run(revive)
