"""What an export reads from MongoDB: all of one user, at one point in time, in an order that an import keeps."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from app.data.database import Database, Document
from app.data.snapshot_reads import SnapshotReads
from app.tasks.collections import LISTS, TASKS

# What the service holds of one export at a time: at most some 4 MB of the longest tasks.
_BATCH_SIZE = 200
_ORDER = [("status", 1), ("position", 1), ("_id", 1)]
_EVERY_STATUS = {"$in": ["done", "in_progress", "todo"]}


class ExportRepository:
    """Reads lists and tasks in batches; the trash is left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def snapshot(self) -> AbstractAsyncContextManager[SnapshotReads]:
        """Fix the point in time for as long as the block runs."""
        return self._database.snapshot()

    def lists(self, reads: SnapshotReads, user_id: UUID) -> AsyncGenerator[list[Document], None]:
        """Yield the lists by position."""
        query = {"user_id": user_id, "deleted": False}
        return reads.batches(
            LISTS.name,
            query,
            batch_size=_BATCH_SIZE,
            sort=[("position", 1), ("_id", 1)],
            hint="by_position",
        )

    def tasks(self, reads: SnapshotReads, user_id: UUID) -> AsyncGenerator[list[Document], None]:
        """Yield the tasks that are no subtasks by status and position."""
        return self._find_tasks(reads, user_id, None)

    def subtasks(self, reads: SnapshotReads, user_id: UUID) -> AsyncGenerator[list[Document], None]:
        """Yield the subtasks by status and position."""
        # A range instead of `$exists`: the index can tell, and nothing else has to be fetched.
        return self._find_tasks(reads, user_id, {"$gt": UUID(int=0)})

    async def find_present(self, reads: SnapshotReads, user_id: UUID, task_ids: Sequence[UUID]) -> set[UUID]:
        """Return which of the tasks, of a batch, are there."""
        query = {"user_id": user_id, "_id": {"$in": list(task_ids)}, "deleted": False}
        found = reads.batches(TASKS.name, query, batch_size=_BATCH_SIZE, projection={"_id": 1}, hint="_id_")
        return {document["_id"] async for batch in found for document in batch}

    def _find_tasks(
        self, reads: SnapshotReads, user_id: UUID, parent_id: Any
    ) -> AsyncGenerator[list[Document], None]:
        query = {"user_id": user_id, "deleted": False, "status": _EVERY_STATUS, "parent_id": parent_id}
        return reads.batches(TASKS.name, query, batch_size=_BATCH_SIZE, sort=_ORDER, hint="by_position")
