"""Imports in MongoDB: how far each is, and which one of a user's is under way."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pymongo.errors import DuplicateKeyError

from app.data.changes import Change
from app.data.collections import CollectionSpec, Index
from app.data.database import Database, Document, Session
from app.tasks.collections import LISTS, TASKS

# As long as an `Idempotency-Key` is remembered.
IMPORT_LIFETIME = timedelta(days=1)
# Four renewals may fail; after it, the process is taken to be dead.
SLOT_LIFETIME = timedelta(seconds=20)

IMPORTS = CollectionSpec(
    name="imports",
    shard_key="user_id",
    indexes=(
        Index("user", [("user_id", 1)]),  # for erasing an account
        Index("expiry", [("expires_at", 1)], expires_after=timedelta(0)),
    ),
)


class SupersededError(Exception):
    """Another process has taken the import over, or the account is being erased."""


class ImportRepository:
    """Keeps two kinds of documents: one for each import, and one for each user who has had one.

    The latter, the slot, has the user's own id, by which there is one: it tells which import is under way, in which
    run, and until when it is taken to be alive.
    """

    def __init__(self, database: Database) -> None:
        self._imports = database.collection(IMPORTS.name)
        self._tasks = database.collection(TASKS.name)
        self._lists = database.collection(LISTS.name)

    async def claim_slot(self, user_id: UUID, now: datetime, fields: Mapping[str, Any]) -> Document | None:
        """Take the user's slot, and return None; or return it as somebody else has it."""
        try:
            await self._imports.update_one(
                {"user_id": user_id, "_id": user_id, "alive_until": {"$lte": now}},
                {"$set": {**fields, "alive_until": now + SLOT_LIFETIME, "expires_at": now + IMPORT_LIFETIME}},
                upsert=True,
            )
        except DuplicateKeyError:
            return await self.find_slot(user_id) or {"import_id": fields["import_id"]}
        return None

    async def renew_slot(self, user_id: UUID, run: UUID, alive_until: datetime) -> None:
        """Say until when the run is taken to be alive; the present instant gives the slot back."""
        await self._imports.update_one(
            {"user_id": user_id, "_id": user_id, "run": run}, {"$set": {"alive_until": alive_until}}
        )

    async def find_slot(self, user_id: UUID) -> Document | None:
        """Return the user's slot, alive or not."""
        return await self._imports.find_one({"user_id": user_id, "_id": user_id})

    async def find(self, user_id: UUID, import_id: UUID) -> Document | None:
        """Return an import, or None when there is none, or it is somebody else's."""
        if import_id == user_id:
            return None
        return await self._imports.find_one({"user_id": user_id, "_id": import_id})

    async def hold_slot(self, change: Change, run: UUID) -> None:
        """Renew the slot within a change. Raises `SupersededError` when the run has it no longer."""
        result = await self._imports.update_one(
            {"user_id": change.user_id, "_id": change.user_id, "run": run},
            {"$set": {"alive_until": change.at + SLOT_LIFETIME}},
            session=change.session,
        )
        if result.matched_count == 0:
            raise SupersededError

    async def insert(self, document: Document, session: Session) -> None:
        """Add a new import within a transaction. Raises `SupersededError` when its run has not got the slot."""
        user_id = document["user_id"]
        # A write, which conflicts with the erasure of the account.
        result = await self._imports.update_one(
            {"user_id": user_id, "_id": user_id, "run": document["run"]}, {"$inc": {"begun": 1}}, session=session
        )
        if result.matched_count == 0:
            raise SupersededError
        await self._imports.insert_one(document, session=session)

    async def save(
        self, user_id: UUID, import_id: UUID, run: UUID, fields: Mapping[str, Any], session: Session | None = None
    ) -> None:
        """Write fields of an import, within a change if `session` is given. Raises `SupersededError`."""
        result = await self._imports.update_one(
            {"user_id": user_id, "_id": import_id, "run": run}, {"$set": dict(fields)}, session=session
        )
        if result.matched_count == 0:
            raise SupersededError

    async def take_over(self, user_id: UUID, import_id: UUID, fields: Mapping[str, Any]) -> Document | None:
        """Begin another run of an import, and return it as the last run has left it, with these fields.

        In one command: whoever still believes to be at it has written before, or is refused.
        """
        return await self._imports.find_one_and_update(
            {"user_id": user_id, "_id": import_id}, {"$set": dict(fields)}, return_document=True
        )

    async def find_lists(self, change: Change, list_ids: Sequence[UUID]) -> set[UUID]:
        """Return which of the lists are there."""
        found = self._lists.find(
            {"user_id": change.user_id, "_id": {"$in": list(list_ids)}, "deleted": False},
            {"_id": 1},
            session=change.session,
            hint="_id_",
        )
        return {document["_id"] for document in await found.to_list(None)}

    async def find_parents(self, change: Change, task_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
        """Return the lists of those of the tasks that are there and may have subtasks."""
        found = self._tasks.find(
            {"user_id": change.user_id, "_id": {"$in": list(task_ids)}, "deleted": False},
            {"list_id": 1, "parent_id": 1},
            session=change.session,
            hint="_id_",
        )
        documents = await found.to_list(None)
        return {task["_id"]: task["list_id"] for task in documents if task.get("parent_id") is None}

    async def find_places_taken(self, change: Change, positions: Sequence[str]) -> set[tuple[UUID, str]]:
        """Return where open tasks stand at these positions: homes (`app.tasks.collections.home_of`) and positions."""
        query: Document = {
            "user_id": change.user_id,
            "deleted": False,
            "status": {"$in": ["in_progress", "todo"]},
            "position": {"$in": list(positions)},
        }
        fields = {"home": 1, "position": 1}
        found = self._tasks.find(query, fields, session=change.session, hint="by_position")
        return {(task["home"], task["position"]) for task in await found.to_list(None)}

    async def insert_lists(self, change: Change, documents: Sequence[Document]) -> None:
        """Add new lists."""
        await self._lists.insert_many(list(documents), session=change.session)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything of a user."""
        await self._imports.delete_many({"user_id": user_id})
