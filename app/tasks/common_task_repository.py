"""Common tasks in MongoDB, and the counter of their changes: small collections on one shard, of no user."""

from typing import Any
from uuid import UUID

from app.data.database import Database, Document, Session
from app.tasks.collections import CATALOGUES, COMMON_TASKS

_CATALOGUE_ID = "common_tasks"


class CommonTaskRepository:
    """Reads and writes common tasks. They belong to nobody: no method names a user."""

    def __init__(self, database: Database) -> None:
        self._common_tasks = database.collection(COMMON_TASKS.name)
        self._catalogues = database.collection(CATALOGUES.name)

    async def find(self, common_task_id: UUID, session: Session | None = None) -> Document | None:
        """Return a common task, or None when there is none with that id."""
        return await self._common_tasks.find_one({"_id": common_task_id}, session=session)

    async def find_all(self, limit: int) -> list[Document]:
        """Return all of them by position."""
        order = [("position", 1), ("_id", 1)]
        return await self._common_tasks.find({}, sort=order, limit=limit, hint="by_position").to_list(None)

    async def last_position(self, session: Session) -> str | None:
        """Return the last position."""
        document = await self._common_tasks.find_one(
            {}, {"position": 1}, sort=[("position", -1)], hint="by_position", session=session
        )
        return None if document is None else document["position"]

    async def count_change(self, session: Session, more: int = 0) -> tuple[int, int]:
        """Return the next revision and how many there are, with so many more; written before anything else.

        Of two changes at the same time one conflicts here, and is carried out again after the other.
        """
        change: Any = {"$inc": {"revision": 1, "count": more}}
        catalogue = await self._catalogues.find_one_and_update(
            {"_id": _CATALOGUE_ID}, change, upsert=True, return_document=True, session=session
        )
        assert catalogue is not None  # noqa: S101 - made if there was none
        return catalogue["revision"], catalogue["count"]

    async def insert(self, document: Document, session: Session) -> None:
        """Add a common task."""
        await self._common_tasks.insert_one(document, session=session)

    async def replace(self, document: Document, session: Session) -> None:
        """Write a common task that was read in this transaction."""
        await self._common_tasks.replace_one({"_id": document["_id"]}, document, session=session)

    async def delete(self, common_task_id: UUID, session: Session) -> None:
        """Delete a common task; those that people added to their own stay."""
        await self._common_tasks.delete_one({"_id": common_task_id}, session=session)
