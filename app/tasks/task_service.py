"""The task service: each method is one thing that a user asks for, done in one change."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.api.preconditions import IfMatch
from app.data.changes import Changes, Recorder
from app.data.database import Document
from app.tasks.errors import TaskNotFoundError
from app.tasks.operations import TaskOperations
from app.tasks.query import Place, TaskQuery
from app.tasks.schemas import MoveRequest, TaskDraft
from app.tasks.task_repository import TaskRepository

TaskRecorder = Recorder[Document] | None


class TaskService:
    """Tasks of one user at a time. Raises `TaskNotFoundError` for what is not there or not theirs."""

    def __init__(self, changes: Changes, operations: TaskOperations, tasks: TaskRepository) -> None:
        self._changes = changes
        self._operations = operations
        self._tasks = tasks

    async def create(self, user_id: UUID, draft: TaskDraft, recorder: TaskRecorder = None) -> Document:
        """Add a task behind all others."""
        return await self._changes.run(
            user_id, lambda change: self._operations.create_one(change, draft), recorder, new_tasks=1
        )

    async def get(self, user_id: UUID, task_id: UUID) -> Document:
        """Return a task outside the trash."""
        task = await self._tasks.find(user_id, task_id)
        if task is None:
            raise TaskNotFoundError
        return task

    async def get_page(
        self, user_id: UUID, query: TaskQuery, place: Place | None, limit: int, revision: int
    ) -> tuple[Sequence[bytes], Place | None]:
        """Return up to `limit` tasks after `place`, and the place where the next page begins, if there is one.

        The tasks are in the form in which they travel (`app.data.wire`).
        """
        if query.search is not None and not query.search.strip():
            return [], None
        # One more than asked for tells whether there is a next page.
        tasks = await self._tasks.find_page(user_id, query, place, limit + 1)
        if len(tasks) <= limit:
            return tasks, None
        walk_revision = revision if place is None else place.walk_revision
        return tasks[:limit], self._tasks.place_of(tasks[limit - 1], query, walk_revision)

    async def update(self, user_id: UUID, task_id: UUID, patch: Mapping[str, Any], if_match: IfMatch) -> Document:
        """Apply a merge patch. Raises `PreconditionFailedError` or `InvalidInputError`."""
        return await self._changes.run(
            user_id, lambda change: self._operations.update_one(change, task_id, patch, if_match)
        )

    async def delete(self, user_id: UUID, task_id: UUID, if_match: IfMatch) -> None:
        """Move a task and its subtasks to the trash. Raises `PreconditionFailedError`."""
        await self._changes.run(user_id, lambda change: self._operations.delete(change, task_id, if_match))

    async def complete(self, user_id: UUID, task_id: UUID, recorder: TaskRecorder = None) -> Document:
        """Set a task done; one that is done already stays as it is."""
        return await self._changes.run(
            user_id, lambda change: self._operations.update_one(change, task_id, {"status": "done"}), recorder
        )

    async def reopen(self, user_id: UUID, task_id: UUID, recorder: TaskRecorder = None) -> Document:
        """Set a done task to do."""
        return await self._changes.run(user_id, lambda change: self._operations.reopen(change, task_id), recorder)

    async def restore(self, user_id: UUID, task_id: UUID, recorder: TaskRecorder = None) -> Document:
        """Take a task out of the trash; one that is not in it stays as it is."""
        return await self._changes.run(user_id, lambda change: self._operations.restore(change, task_id), recorder)

    async def move(
        self, user_id: UUID, task_id: UUID, request: MoveRequest, recorder: TaskRecorder = None
    ) -> Document:
        """Put a task elsewhere in its list, or in another list."""
        return await self._changes.run(
            user_id, lambda change: self._operations.move(change, task_id, request), recorder
        )
