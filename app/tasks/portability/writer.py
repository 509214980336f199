"""Makes the tasks and lists of a chunk, within one change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import new_task, with_changes
from app.tasks.import_repository import ImportRepository
from app.tasks.list_repository import ListRepository
from app.tasks.list_service import LIST_QUOTA
from app.tasks.portability.chunks import Chunk, ImportedList, ImportedTask
from app.tasks.portability.places import Places
from app.tasks.portability.report import Report
from app.tasks.position import position_between
from app.tasks.reminders import follow_task
from app.tasks.task_repository import TaskRepository

_LIST_IS_MISSING = "Its list could not be imported, or is gone."


@dataclass(slots=True)
class Room:
    """How much more the account may hold; `quota` and the number of lists are told where it does not suffice."""

    tasks: int
    lists: int
    quota: int

    def take_task(self, item: ImportedTask, report: Report) -> bool:
        """Take room for a task, or count it as failed."""
        if self.tasks <= 0:
            report.fail(item.place, f"An account holds at most {self.quota} tasks.")
            return False
        self.tasks -= 1
        report.tasks_created += 1
        return True

    def take_list(self, item: ImportedList, report: Report) -> bool:
        """Take room for a list, or count it as failed."""
        if self.lists <= 0:
            report.fail(item.place, f"An account holds at most {LIST_QUOTA} lists.", is_task=False)
            return False
        self.lists -= 1
        report.lists_created += 1
        return True


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an import goes: the places among what is there, and the instant that new things have by default."""

    tasks: Places
    lists: Places
    at: datetime


class ChunkWriter:
    """Writes chunks. What cannot be written is counted in the report that is returned."""

    def __init__(
        self, imports: ImportRepository, tasks: TaskRepository, lists: ListRepository, task_quota: int
    ) -> None:
        self._imports = imports
        self._tasks = tasks
        self._lists = lists
        self._task_quota = task_quota

    async def room_of(self, change: Change, said_ahead: int = 0) -> Room:
        """Return how much the account may hold, not counting so many tasks that the change said ahead."""
        lists = await self._lists.count(change.user_id, change.session)
        tasks = change.task_count + change.task_count_correction - said_ahead
        return Room(self._task_quota - tasks, LIST_QUOTA - lists, self._task_quota)

    async def plan(self, change: Change, room: Room) -> Mapping[str, Any]:
        """Return whether the account is empty, and the positions behind all tasks and lists that it has."""
        has_tasks, has_lists = room.tasks < self._task_quota, room.lists < LIST_QUOTA
        last_task = await self._tasks.last_position(change.user_id, change.session) if has_tasks else None
        last_list = await self._lists.last_position(change.user_id, change.session) if has_lists else None
        return {
            "is_empty": not has_tasks and not has_lists,
            "task_base": None if last_task is None else position_between(last_task, None),
            "list_base": None if last_list is None else position_between(last_list, None),
        }

    async def write(self, change: Change, chunk: Chunk, destination: Destination) -> Report:
        """Make what there is room for. `Changes.run` must have been told of all tasks of the chunk."""
        report = Report()
        room = await self.room_of(change, len(chunk.tasks))
        new_lists = await self._write_lists(change, chunk.lists, destination, room, report)
        placed = await self._place(change, chunk.tasks, new_lists, report)
        made = [
            _make_task(change, item, destination, list_id) for item, list_id in placed if room.take_task(item, report)
        ]
        tasks = await self._part(change, made, chunk.tasks) if made else made
        change.correct_task_count(len(tasks) - len(chunk.tasks))
        if tasks:
            await self._tasks.insert(change, tasks)
        for task in tasks:
            follow_task(change, None, task)
        return report

    async def _write_lists(
        self, change: Change, items: Sequence[ImportedList], destination: Destination, room: Room, report: Report
    ) -> set[UUID]:
        documents = [
            {
                "_id": item.list_id,
                "user_id": change.user_id,
                **item.draft.model_dump(),
                "position": destination.lists.settle(item.draft.position, item.number),
                "created_at": destination.at,
                "deleted": False,
                **change.stamp(),
            }
            for item in items
            if room.take_list(item, report)
        ]
        if documents:
            await self._imports.insert_lists(change, documents)
        return {document["_id"] for document in documents}

    async def _place(
        self, change: Change, items: Sequence[ImportedTask], lists: set[UUID], report: Report
    ) -> list[tuple[ImportedTask, UUID | None]]:
        """Return the tasks whose list and parent are there, each with its list; `lists` were just made."""
        wanted_lists = {item.list_id for item in items if item.list_id is not None} - lists
        if wanted_lists:
            lists = lists | await self._imports.find_lists(change, list(wanted_lists))
        wanted_parents = {item.parent_id for item in items if item.parent_id is not None}
        wanted_parents -= {item.task_id for item in items}
        parents: dict[UUID, UUID | None] = {}
        if wanted_parents:
            parents = await self._imports.find_parents(change, list(wanted_parents))
        placed: list[tuple[ImportedTask, UUID | None]] = []
        for item in items:
            fault = _find_fault(item, lists, parents)
            if fault is not None:
                report.fail(item.place, fault)
            elif item.parent_id is not None:
                placed.append((item, parents[item.parent_id]))
            else:
                parents[item.task_id] = item.list_id
                placed.append((item, item.list_id))
        return placed

    async def _part(self, change: Change, tasks: Sequence[Document], items: Sequence[ImportedTask]) -> list[Document]:
        """Give another position to open tasks whose own is taken, because nothing could be moved between the two.

        Those that are done may share one, as those of a series do.
        """
        numbers = {item.task_id: item.number for item in items}
        positions = [task["position"] for task in tasks if task["status"] != "done"]
        taken = await self._imports.find_places_taken(change, positions) if positions else set()
        parted: list[Document] = []
        for task in tasks:
            position = task["position"]
            if task["status"] != "done":
                if (task["home"], position) in taken:
                    position = Places.part(position, numbers[task["_id"]])
                taken.add((task["home"], position))
            parted.append(with_changes(task, {"position": position}))
        return parted


def pretend(chunk: Chunk, room: Room) -> Report:
    """Return what would come of a chunk in an account that nobody else changes meanwhile."""
    report = Report()
    lists = {item.list_id for item in chunk.lists if not room.take_list(item, report)}
    for task in chunk.tasks:
        if task.list_id in lists and task.parent_id is None:
            report.fail(task.place, _LIST_IS_MISSING)
        else:
            room.take_task(task, report)
    return report


def _find_fault(item: ImportedTask, lists: set[UUID], parents: dict[UUID, UUID | None]) -> str | None:
    if item.parent_id is not None:
        return None if item.parent_id in parents else "Its parent could not be imported, or is gone."
    if item.list_id is not None and item.list_id not in lists:
        return _LIST_IS_MISSING
    return None


def _make_task(change: Change, item: ImportedTask, destination: Destination, list_id: UUID | None) -> Document:
    draft = item.draft
    position = destination.tasks.settle(draft.position, item.number)
    task = new_task(item.task_id, change, draft, position)
    created_at = draft.created_at or destination.at
    kept = {
        "list_id": list_id,
        "parent_id": item.parent_id,
        "created_at": created_at,
        "updated_at": draft.updated_at or created_at,
    }
    if draft.completed_at is not None:
        kept["completed_at"] = draft.completed_at
    return with_changes(task, kept)
