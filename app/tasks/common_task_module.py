"""The common tasks, put together."""

from dataclasses import dataclass

from app.cache.shared import SharedCache
from app.data.audit import AuditLog
from app.data.store import Store
from app.tasks.common_task_editing import CommonTaskEditor
from app.tasks.common_task_repository import CommonTaskRepository
from app.tasks.common_task_service import CommonTasks
from app.tasks.task_service import TaskService


@dataclass(frozen=True, slots=True)
class CommonTasksModule:
    """The services behind the routes."""

    catalogue: CommonTasks
    editor: CommonTaskEditor


def build_common_tasks(
    store: Store, tasks: TaskService, shared: SharedCache, ttl_seconds: float
) -> CommonTasksModule:
    """Build the services over the data layer and the cache."""
    repository = CommonTaskRepository(store.database)
    catalogue = CommonTasks(repository, tasks, shared, ttl_seconds)
    editor = CommonTaskEditor(store, repository, catalogue, AuditLog(store.database, store.clock))
    return CommonTasksModule(catalogue, editor)
