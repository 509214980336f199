"""Tasks in MongoDB: every method names the user first, and every query the user's shard."""

import heapq
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pymongo import ReplaceOne

from app.data.changes import Change
from app.data.database import Database, Document, Session
from app.data.wire import decode_wire, from_wire
from app.tasks.collections import SORT_INDEXES, TASKS, home_of
from app.tasks.documents import to_update
from app.tasks.due import NEVER
from app.tasks.query import Place, TaskQuery

# One command's worth of documents; well below the 16 MB and the time that one command may take.
CHUNK_SIZE = 1_000


class TaskRepository:
    """Reads and writes task documents."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks = database.collection(TASKS.name)
        self._raw_tasks = database.raw_collection(TASKS.name)

    async def find(
        self, user_id: UUID, task_id: UUID, session: Session | None = None, *, is_deleted: bool = False
    ) -> Document | None:
        """Return the task, or None when it does not exist, is (not) in the trash, or is somebody else's."""
        query = {"user_id": user_id, "_id": task_id, "deleted": is_deleted}
        return await self._tasks.find_one(query, session=session)

    async def find_page(self, user_id: UUID, query: TaskQuery, place: Place | None, limit: int) -> list[bytes]:
        """Return up to `limit` tasks after `place`, in the query's order, as they travel (`app.data.wire`).

        Whole, although a page does not show everything: leaving fields out costs the server more than sending them.
        """
        # One batch holds them all, so that a page costs one command.
        options: dict[str, Any] = {"sort": query.order, "limit": limit, "batch_size": limit}
        if query.index_name is not None:
            options["hint"] = query.index_name
        found = await self._raw_tasks.find(query.to_filter(user_id, place), **options).to_list(limit)
        return [bytes(document.raw) for document in found]

    @staticmethod
    def place_of(task: bytes, query: TaskQuery, walk_revision: int) -> Place:
        """Return the place of a task of a page."""
        members = decode_wire(task)
        return Place(walk_revision, from_wire(members[query.sort_field]), from_wire(members["_id"]))

    async def find_subtasks(
        self, change: Change, parent_id: UUID, *, is_deleted: bool = False, limit: int = 0
    ) -> list[Document]:
        """Return the subtasks of a task."""
        query = {"user_id": change.user_id, "deleted": is_deleted, "parent_id": parent_id}
        options: dict[str, Any] = {"session": change.session, "limit": limit, "hint": "parent_by_position"}
        found = await self._tasks.find(query, **options).to_list(None)
        change.handle(len(found))
        return found

    async def count_subtasks(self, change: Change, parent_id: UUID, besides: UUID | None) -> int:
        """Count the subtasks of a task outside the trash, `besides` not among them."""
        query = {"user_id": change.user_id, "deleted": False, "parent_id": parent_id, "_id": {"$ne": besides}}
        return await self._tasks.count_documents(query, session=change.session, hint="parent_by_position")

    async def find_in_list(self, user_id: UUID, list_id: UUID, session: Session, limit: int) -> list[Document]:
        """Return up to `limit` tasks of a list."""
        query = {"user_id": user_id, "deleted": False, "home": list_id}
        return await self._tasks.find(query, session=session, limit=limit, hint="list_by_position").to_list(limit)

    async def last_position(self, user_id: UUID, session: Session) -> str | None:
        """Return the last position of all the user's tasks, whatever their list and status."""
        return await self._edge_position(user_id, {}, -1, "by_position", session)

    async def first_position_in_list(self, user_id: UUID, list_id: UUID | None, session: Session) -> str | None:
        """Return the first position in a list or the inbox."""
        return await self._edge_position(user_id, {"home": home_of(user_id, list_id)}, 1, "list_by_position", session)

    async def next_position_in_list(self, user_id: UUID, after: Document, session: Session) -> str | None:
        """Return the position that follows a task in its list or the inbox."""
        query = {"home": after["home"], "position": {"$gt": after["position"]}}
        return await self._edge_position(user_id, query, 1, "list_by_position", session)

    async def positions_taken(
        self, user_id: UUID, list_id: UUID | None, positions: Sequence[str], session: Session
    ) -> set[str]:
        """Return those of the positions that tasks in a list or the inbox have."""
        query: Document = {
            "user_id": user_id,
            "deleted": False,
            "home": home_of(user_id, list_id),
            "status": {"$in": ["done", "in_progress", "todo"]},
            "position": {"$in": list(positions)},
        }
        found = self._tasks.find(query, {"position": 1}, hint="list_by_position", session=session)
        return {document["position"] for document in await found.to_list(None)}

    async def is_among_open(self, change: Change, task: Document) -> bool:
        """Whether another task that is not done has the position of a task in its list or the inbox."""
        query: Document = {
            "user_id": change.user_id,
            "deleted": False,
            "home": task["home"],
            "status": {"$in": ["in_progress", "todo"]},
            "position": task["position"],
            "_id": {"$ne": task["_id"]},
        }
        options: dict[str, Any] = {"session": change.session, "hint": "list_by_position"}
        return await self._tasks.find_one(query, {"_id": 1}, **options) is not None

    async def _edge_position(
        self, user_id: UUID, query: Document, direction: int, hint: str, session: Session
    ) -> str | None:
        document = await self._tasks.find_one(
            {"user_id": user_id, "deleted": False, **query, "status": {"$in": ["done", "in_progress", "todo"]}},
            {"position": 1},
            sort=[("position", direction)],
            hint=hint,
            session=session,
        )
        return None if document is None else document["position"]

    async def insert(self, change: Change, documents: Sequence[Document]) -> None:
        """Add new tasks; a repeated id raises the driver's `DuplicateKeyError`."""
        change.handle(len(documents))
        if len(documents) == 1:  # which costs the driver less
            await self._tasks.insert_one(documents[0], session=change.session)
        else:
            await self._tasks.insert_many(list(documents), session=change.session)

    async def write(self, change: Change, task_id: UUID, changes: Document) -> Document | None:
        """Write other values into a task outside the trash, and return it as it was before; None if there is none."""
        change.handle(1)
        return await self._tasks.find_one_and_update(
            {"user_id": change.user_id, "_id": task_id, "deleted": False},
            to_update(changes),
            session=change.session,
            hint="_id_",
        )

    async def update(self, change: Change, task_id: UUID, changes: Document) -> None:
        """Write other values into a task that was read in this change."""
        change.handle(1)
        await self._tasks.update_one(
            {"user_id": change.user_id, "_id": task_id}, to_update(changes), session=change.session
        )

    async def replace(self, change: Change, documents: Sequence[Document]) -> None:
        """Write tasks that were read in this change."""
        change.handle(len(documents))
        writes = [ReplaceOne({"user_id": change.user_id, "_id": document["_id"]}, document) for document in documents]
        for start in range(0, len(writes), CHUNK_SIZE):
            await self._tasks.bulk_write(writes[start : start + CHUNK_SIZE], session=change.session, ordered=False)

    async def delete(self, change: Change, task_ids: Sequence[UUID]) -> None:
        """Delete tasks that this change made, of which nobody has heard, without a tombstone."""
        change.handle(len(task_ids))
        query = {"user_id": change.user_id, "_id": {"$in": list(task_ids)}}
        await self._tasks.delete_many(query, session=change.session, hint="_id_")

    async def find_changed(
        self, user_id: UUID, after: int, up_to: int, *, limit: int, with_deleted: bool
    ) -> list[Document]:
        """Return up to `limit` tasks whose revision lies in `(after, up_to]`, by revision."""
        query: Document = {"user_id": user_id, "revision": {"$gt": after, "$lte": up_to}}
        if not with_deleted:
            query["deleted"] = False
        return await self._tasks.find(
            query, sort=[("revision", 1), ("_id", 1)], limit=limit, batch_size=limit, hint="revision"
        ).to_list(None)

    async def find_floating(
        self, change: Change, is_wanted: Callable[[Document], bool], limit: int
    ) -> list[Document]:
        """Return up to `limit` of the tasks that are due in whatever zone the user is in and that are wanted.

        `is_wanted` is asked of `_id`, `due` and `due_at` alone.
        """
        query: Document = {
            "user_id": change.user_id,
            "deleted": False,
            "status": {"$in": ["done", "in_progress", "todo"]},
            "due_order": {"$lt": NEVER},
        }
        fields = {"due": 1, "due_at": 1}
        dated = await self._tasks.find(query, fields, session=change.session, hint=SORT_INDEXES["due"]).to_list(None)
        floating = (task for task in dated if task["due"]["timezone"] is None)
        wanted = [task["_id"] for task in itertools.islice(filter(is_wanted, floating), limit)]
        return await self._tasks.find(
            {"user_id": change.user_id, "_id": {"$in": wanted}}, session=change.session, hint="_id_"
        ).to_list(None)

    async def count_by_status(self, user_id: UUID, status: str) -> int:
        """Count the tasks of a status outside the trash."""
        return await self._count(user_id, [status], {}, "by_position")

    async def count_open_due(self, user_id: UUID, start: datetime | None, end: datetime) -> int:
        """Count the tasks that are not done and due in `[start, end)`; None stands for "ever"."""
        due: Document = {"$lt": end} if start is None else {"$gte": start, "$lt": end}
        return await self._count(user_id, ["in_progress", "todo"], {"due_order": due}, SORT_INDEXES["due"])

    async def find_open_due_titles(
        self, user_id: UUID, start: datetime | None, end: datetime, limit: int
    ) -> list[str]:
        """Return the titles of up to `limit` of the tasks that `count_open_due` counts, by their due time."""
        due: Document = {"$lt": end} if start is None else {"$gte": start, "$lt": end}
        # One status at a time: only then the index gives their order, and nothing has to be sorted in memory.
        found = [await self._find_by_due(user_id, status, due, limit) for status in ("in_progress", "todo")]
        ordered = heapq.merge(*found, key=lambda task: (task["due_order"], task["_id"]))
        return [task["title"] for task in itertools.islice(ordered, limit)]

    async def _find_by_due(self, user_id: UUID, status: str, due: Document, limit: int) -> list[Document]:
        query = {"user_id": user_id, "deleted": False, "status": status, "due_order": due}
        order = [("due_order", 1), ("_id", 1)]
        options: dict[str, Any] = {"sort": order, "limit": limit, "hint": SORT_INDEXES["due"]}
        return await self._tasks.find(query, {"title": 1, "due_order": 1}, **options).to_list(limit)

    async def _count(self, user_id: UUID, statuses: list[str], query: Document, hint: str) -> int:
        return await self._tasks.count_documents(
            {"user_id": user_id, "deleted": False, "status": {"$in": statuses}, **query}, hint=hint
        )

    async def count_completed(self, user_id: UUID, boundaries: Sequence[datetime]) -> dict[datetime, int]:
        """Count completions between each two neighbouring boundaries, by the earlier one."""
        # As `$bucket` would do it, but without sorting the groups.
        days = [
            {"case": {"$lt": ["$completed_at", end]}, "then": start} for start, end in itertools.pairwise(boundaries)
        ]
        groups = await self._database.aggregate(
            TASKS.name,
            [
                {
                    "$match": {
                        "user_id": user_id,
                        "deleted": False,
                        "completed_at": {"$gte": boundaries[0], "$lt": boundaries[-1]},
                    }
                },
                {"$group": {"_id": {"$switch": {"branches": days}}, "count": {"$sum": 1}}},
            ],
            hint="completed",
        )
        return {group["_id"]: group["count"] for group in groups}

    async def count_labels(self, user_id: UUID) -> dict[str, int]:
        """Count the open tasks of each label."""
        groups = await self._database.aggregate(
            TASKS.name,
            [
                {
                    "$match": {
                        "user_id": user_id,
                        "deleted": False,
                        "labels": {"$exists": True},
                        "status": {"$in": ["in_progress", "todo"]},
                    }
                },
                {"$unwind": "$labels"},
                {"$group": {"_id": "$labels", "count": {"$sum": 1}}},
            ],
            hint="label_by_position",
        )
        return {group["_id"]: group["count"] for group in groups}

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything of a user, in commands of bounded length."""
        while documents := await self._tasks.find({"user_id": user_id}, {"_id": 1}, limit=CHUNK_SIZE).to_list(None):
            ids = [document["_id"] for document in documents]
            await self._tasks.delete_many({"user_id": user_id, "_id": {"$in": ids}})
