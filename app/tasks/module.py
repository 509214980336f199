"""The task feature, put together."""

from dataclasses import dataclass

from app.data.migrations import Migration
from app.data.store import Store
from app.tasks.batch_service import BatchService
from app.tasks.collections import CALENDAR_FEEDS, CATALOGUES, COMMON_TASKS, LISTS, TASKS
from app.tasks.earlier_reminders import plan_earlier_reminders
from app.tasks.import_repository import IMPORTS, ImportRepository
from app.tasks.list_repository import ListRepository
from app.tasks.list_service import ListService
from app.tasks.occurrence_service import OccurrenceService
from app.tasks.operations import TaskOperations
from app.tasks.overview_service import OverviewService
from app.tasks.quick_add_service import QuickAddService
from app.tasks.sync_service import SyncService
from app.tasks.task_repository import TaskRepository
from app.tasks.task_service import TaskService
from app.tasks.task_texts import TaskTexts

__all__ = ["TASK_COLLECTIONS", "TASK_MIGRATIONS", "TasksModule", "build_tasks"]

TASK_COLLECTIONS = (TASKS, LISTS, IMPORTS, CALENDAR_FEEDS, COMMON_TASKS, CATALOGUES)
TASK_MIGRATIONS = (Migration(1, "plan the reminders of tasks from before the outbox", plan_earlier_reminders),)


@dataclass(frozen=True, slots=True)
class TasksModule:
    """The services behind the routes; what other features ask for is in `app.tasks.upkeep`."""

    tasks: TaskService
    texts: TaskTexts
    batches: BatchService
    quick_add: QuickAddService
    lists: ListService
    sync: SyncService
    overview: OverviewService
    occurrences: OccurrenceService
    task_repository: TaskRepository
    list_repository: ListRepository
    import_repository: ImportRepository


def build_tasks(store: Store, task_quota: int) -> TasksModule:
    """Build the feature over the data layer."""
    tasks = TaskRepository(store.database)
    lists = ListRepository(store.database)
    operations = TaskOperations(tasks, lists, task_quota)
    changes = store.changes.of_content()
    return TasksModule(
        tasks=TaskService(changes, operations, tasks),
        texts=TaskTexts(),
        batches=BatchService(changes, operations),
        quick_add=QuickAddService(changes, operations, lists, store.clock),
        lists=ListService(changes, operations, lists, tasks),
        sync=SyncService(changes, tasks, lists),
        overview=OverviewService(tasks, store.clock),
        occurrences=OccurrenceService(tasks, store.clock),
        task_repository=tasks,
        list_repository=lists,
        import_repository=ImportRepository(store.database),
    )
