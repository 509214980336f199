"""The common tasks, put together."""

from dataclasses import dataclass

from app.api.paths import API_PREFIX
from app.api.shared_reads import SharedRead
from app.cache.shared import SharedCache
from app.data.audit import AuditLog
from app.data.store import Store
from app.tasks.common_task_editing import CommonTaskEditor
from app.tasks.common_task_repository import CommonTaskRepository
from app.tasks.common_task_service import CommonTasks
from app.tasks.task_service import TaskService

# Where the catalogue is read.
COMMON_TASKS_PATH = f"{API_PREFIX}/common-tasks"


@dataclass(frozen=True, slots=True)
class CommonTasksModule:
    """The services behind the routes."""

    catalogue: CommonTasks
    editor: CommonTaskEditor
    answer: SharedRead


def build_common_tasks(
    store: Store, tasks: TaskService, shared: SharedCache, ttl_seconds: float
) -> CommonTasksModule:
    """Build the services over the data layer and the cache."""
    repository = CommonTaskRepository(store.database)
    catalogue = CommonTasks(repository, tasks, shared, ttl_seconds)
    editor = CommonTaskEditor(store, repository, catalogue, AuditLog(store.database, store.clock))
    return CommonTasksModule(catalogue, editor, SharedRead(catalogue.read_near, catalogue.read))
