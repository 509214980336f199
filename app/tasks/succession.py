"""The task that follows a recurring one: made when that is completed, taken away when it is reopened in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.errors import ValidationProblemError
from app.core.ids import new_id
from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import with_changes
from app.tasks.errors import QuotaExceededError
from app.tasks.places import Places
from app.tasks.recurrence import check_comes_again, first_of_series, local_day, next_occurrence
from app.tasks.reminders import follow_task
from app.tasks.schemas import TaskDraft
from app.tasks.successors import is_made_by, is_untouched, make_successors
from app.tasks.task_repository import TaskRepository

# Nobody can overlook that something is wrong with more; it bounds what one deletion touches.
MAX_SUBTASKS = 500


async def check_recurrence(change: Change, draft: TaskDraft, task: Document | None = None) -> None:
    """Refuse a rule that never matches, unless the task has rule and date already.

    Raises `ValidationProblemError`.
    """
    if draft.recurrence is None:
        return
    recurrence = draft.recurrence.model_dump()
    due = None if draft.due is None else draft.due.model_dump()
    if task is not None and recurrence == task.get("recurrence") and due == task["due"]:
        return
    today = local_day(change.at, due, change.account.timezone)
    start = date.fromisoformat(first_of_series(recurrence, due, today)["date"])
    try:
        check_comes_again(recurrence, start)
    except ValueError as error:
        raise ValidationProblemError("/recurrence/rule", f"The rule {error}.") from None
    finally:
        # Others have their turn before the next search of a batch, each of which may take some milliseconds.
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Succession:
    """What follows from another status: the task as it is to be saved, and what is to be written after that.

    `next_members` are those of the next task that differ from the present one's.
    """

    task: Document
    next_members: Mapping[str, Any] | None = None
    subtasks: Sequence[Document] = ()
    withdrawn: Sequence[Document] = ()


class Successions:
    """Makes and withdraws successors.

    A task that was completed keeps the id of the next one as `successor`; that one keeps as `origin` when and as what
    it was made. Both are told to nobody.
    """

    def __init__(
        self,
        tasks: TaskRepository,
        places: Places,
        check_quota: Callable[[Change, int], None],
        trash: Callable[[Change, Sequence[Document], UUID], Awaitable[None]],
    ) -> None:
        self._tasks = tasks
        self._places = places
        self._check_quota = check_quota
        self._trash = trash

    async def prepare(self, change: Change, before: Document, after: Document) -> Succession:
        """Return what follows from a changed task, having checked everything.

        Raises `QuotaExceededError`. Costs no command unless a recurring task is completed or reopened.
        """
        was_done, is_done = before["status"] == "done", after["status"] == "done"
        if was_done and is_done:
            return Succession(after)
        if was_done:
            return await self._prepare_reopened(change, before, after)
        after = _parted_from_series(before, after)
        if is_done and "recurrence" in after:
            return await self._prepare_next(change, after)
        return Succession(after)

    async def write(self, change: Change, saved: Document, succession: Succession) -> None:
        """Add or take away the successor of a task that was saved."""
        if succession.next_members is not None:
            subtasks = succession.subtasks
            last = await self._tasks.last_position(change.user_id, change.session) if subtasks else None
            successors = make_successors(change, saved, succession.next_members, subtasks, last)
            await self._tasks.insert(change, successors)
            for successor in successors:
                follow_task(change, None, successor)
            change.correct_task_count(len(successors))
        if succession.withdrawn:
            await self._withdraw(change, succession.withdrawn)

    async def _prepare_next(self, change: Change, task: Document) -> Succession:
        if await self._find_successor(change, task) is not None:
            return Succession(task)
        following = next_occurrence(task["recurrence"], task["due"], change.at, change.account.timezone)
        if following is None:
            return Succession(task)
        due, recurrence = following
        subtasks: list[Document] = []
        if "parent_id" in task:
            await self._check_siblings(change, task)
        else:
            found = await self._tasks.find_subtasks(change, task["_id"])
            # Those that recur themselves and are done have their next one among the others.
            subtasks = [subtask for subtask in found if subtask["status"] != "done" or "successor" not in subtask]
        self._check_quota(change, 1 + len(subtasks))
        successor_id = new_id(change.at)
        return Succession(
            with_changes(task, {"successor": successor_id}), {"due": due, "recurrence": recurrence}, subtasks
        )

    async def _check_siblings(self, change: Change, task: Document) -> None:
        others = await self._tasks.count_subtasks(change, task["parent_id"], task["_id"])
        if others + 2 > MAX_SUBTASKS:
            raise QuotaExceededError(
                f"The next task finds no room: a task has at most {MAX_SUBTASKS} subtasks, done ones among them."
            )

    async def _prepare_reopened(self, change: Change, before: Document, after: Document) -> Succession:
        """Withdraw the successor if nobody has touched it; else both stay, each at a place of its own."""
        if "successor" not in before and "origin" not in before:
            return Succession(after)
        successor = await self._find_successor(change, before)
        if successor is not None:
            subtasks = await self._tasks.find_subtasks(change, successor["_id"])
            if is_untouched(successor, subtasks):
                return Succession(with_changes(after, {"successor": None}), withdrawn=[successor, *subtasks])
        # Others of the series may have had its place since it was done.
        after = await self._places.part_from_open(change, _parted_from_series(before, after))
        return Succession(after)

    async def _find_successor(self, change: Change, task: Document) -> Document | None:
        """Return the next task, done or not; None when there is none, or it is in the trash."""
        if "successor" not in task:
            return None
        return await self._tasks.find(change.user_id, task["successor"], change.session)

    async def _withdraw(self, change: Change, tasks: Sequence[Document]) -> None:
        successor = tasks[0]
        if is_made_by(change, successor):
            await self._tasks.delete(change, [task["_id"] for task in tasks])
            for task in tasks:
                follow_task(change, task, None)
            change.correct_task_count(-len(tasks))
        else:
            await self._trash(change, tasks, successor["_id"])


def _parted_from_series(before: Document, after: Document) -> Document:
    """Return the changed task without its successor if rule or due date differ: a series of its own begins."""
    is_same = all(before.get(field) == after.get(field) for field in ("recurrence", "due"))
    return after if is_same else with_changes(after, {"successor": None})
