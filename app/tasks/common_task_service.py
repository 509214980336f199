"""The common task service: the catalogue as everybody reads it, and copies of what is in it."""

from uuid import UUID

from pydantic_core import to_json

from app.cache.shared import SharedCache
from app.data.database import Document
from app.tasks.common_task_documents import EDITABLE_FIELDS, CommonTaskNotFoundError, represent_common_task
from app.tasks.common_task_repository import CommonTaskRepository
from app.tasks.schemas import TaskDraft
from app.tasks.task_service import TaskRecorder, TaskService

# More than anybody looks through; all of them are one answer.
COMMON_TASK_QUOTA = 500

_ANSWER_NAME = "common-tasks"


class CommonTasks:
    """The catalogue. Raises `CommonTaskNotFoundError` for what is not in it."""

    def __init__(
        self, common_tasks: CommonTaskRepository, tasks: TaskService, shared: SharedCache, ttl_seconds: float
    ) -> None:
        self._common_tasks = common_tasks
        self._tasks = tasks
        self._shared = shared
        self._ttl_seconds = ttl_seconds

    async def read(self) -> bytes:
        """Return the JSON text of the whole catalogue, the same object for as long as it is kept."""
        return await self._shared.get(_ANSWER_NAME, self._write, self._ttl_seconds)

    def read_near(self) -> bytes | None:
        """Return the same, if this process has it and need ask nobody."""
        return self._shared.find_near(_ANSWER_NAME, self._write, self._ttl_seconds)

    async def forget(self) -> None:
        """Have it read anew, because it has changed: here at once, elsewhere within a second."""
        await self._shared.forget(_ANSWER_NAME)

    async def _write(self) -> bytes:
        found = await self._common_tasks.find_all(COMMON_TASK_QUOTA)
        return to_json({"items": [represent_common_task(document) for document in found], "next_cursor": None})

    async def get(self, common_task_id: UUID) -> Document:
        """Return one of them, as it is in the database."""
        document = await self._common_tasks.find(common_task_id)
        if document is None:
            raise CommonTaskNotFoundError
        return document

    async def add(
        self, user_id: UUID, common_task_id: UUID, list_id: UUID | None, recorder: TaskRecorder = None
    ) -> Document:
        """Copy one to the user's own tasks, as `TaskService.create` adds a task.

        It is read ahead of the user's transaction, which stays on one shard that way.
        """
        common_task = await self.get(common_task_id)
        fields = {name: common_task[name] for name in EDITABLE_FIELDS}
        return await self._tasks.create(user_id, TaskDraft(**fields, list_id=list_id), recorder)
