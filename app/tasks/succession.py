"""The task that follows a recurring one: made when that is completed, taken away when it is reopened in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.errors import ValidationProblemError
from app.core.ids import new_id
from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import new_task, with_changes
from app.tasks.errors import QuotaExceededError
from app.tasks.position import position_between
from app.tasks.recurrence import check_comes_again, first_of_series, local_day, next_occurrence
from app.tasks.representation import represent_editable
from app.tasks.schemas import TaskDraft
from app.tasks.task_repository import TaskRepository

# Nobody can overlook that something is wrong with more; it bounds what one deletion touches.
MAX_SUBTASKS = 500
# The last day that a due date may name (`app.tasks.due`).
_LAST_DAY = date(9998, 12, 31)


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

    A done task with a successor keeps its id and first revision as `successor`, which is told to nobody.
    """

    def __init__(
        self,
        tasks: TaskRepository,
        check_quota: Callable[[Change, int], None],
        trash: Callable[[Change, Sequence[Document], UUID], Awaitable[None]],
    ) -> None:
        self._tasks = tasks
        self._check_quota = check_quota
        self._trash = trash

    async def prepare(self, change: Change, before: Document, after: Document) -> Succession:
        """Return what follows from a changed task, having checked everything.

        Raises `QuotaExceededError`. Costs no command unless a recurring task is completed or reopened.
        """
        was_done, is_done = before["status"] == "done", after["status"] == "done"
        if is_done and not was_done and "recurrence" in after and "successor" not in after:
            return await self._prepare_next(change, after)
        if was_done and not is_done and "successor" in after:
            return await self._prepare_withdrawal(change, after)
        return Succession(after)

    async def write(self, change: Change, saved: Document, succession: Succession) -> None:
        """Add or take away the successor of a task that was saved."""
        if succession.next_members is not None:
            successors = _make_successors(change, saved, succession)
            await self._tasks.insert(change, successors)
            change.correct_task_count(len(successors))
        if succession.withdrawn:
            await self._trash(change, succession.withdrawn, succession.withdrawn[0]["_id"])

    async def _prepare_next(self, change: Change, task: Document) -> Succession:
        following = next_occurrence(task["recurrence"], task["due"], change.at, change.account.timezone)
        if following is None:
            return Succession(task)
        due, recurrence = following
        subtasks: list[Document] = []
        if "parent_id" in task:
            await self._check_siblings(change, task["parent_id"])
        else:
            found = await self._tasks.find_subtasks(change.user_id, task["_id"], change.session)
            # Those that recur themselves have an open successor among the others.
            subtasks = [subtask for subtask in found if "successor" not in subtask]
        self._check_quota(change, 1 + len(subtasks))
        successor = {"id": new_id(change.at), "revision": change.account.revision}
        return Succession(
            with_changes(task, {"successor": successor}), {"due": due, "recurrence": recurrence}, subtasks
        )

    async def _check_siblings(self, change: Change, parent_id: UUID) -> None:
        siblings = await self._tasks.find_subtasks(change.user_id, parent_id, change.session, limit=MAX_SUBTASKS)
        if len(siblings) == MAX_SUBTASKS:
            raise QuotaExceededError(f"The next task finds no room: a task has at most {MAX_SUBTASKS} subtasks.")

    async def _prepare_withdrawal(self, change: Change, task: Document) -> Succession:
        """Withdraw the successor if nobody has touched it; else both stay, each at a place of its own."""
        reference = task["successor"]
        successor = await self._tasks.find(change.user_id, reference["id"], change.session)
        if successor is None:
            return Succession(task)
        subtasks = await self._tasks.find_subtasks(change.user_id, successor["_id"], change.session)
        deleted = await self._tasks.find_subtasks(
            change.user_id, successor["_id"], change.session, is_deleted=True, limit=1
        )
        together = [successor, *subtasks]
        if not deleted and all(document["revision"] == reference["revision"] for document in together):
            return Succession(with_changes(task, {"successor": None}), withdrawn=together)
        if (successor["home"], successor["position"]) != (task["home"], task["position"]):
            return Succession(task)
        following = await self._tasks.next_position_in_list(change.user_id, task, change.session)
        return Succession(with_changes(task, {"position": position_between(task["position"], following)}))


def _make_successors(change: Change, done: Document, succession: Succession) -> list[Document]:
    """Return the next task and copies of the subtasks, all to do and each at the place of the one before it."""
    members = succession.next_members or {}
    zone = ZoneInfo(members["due"]["timezone"] or change.account.timezone)
    began = change.at.astimezone(zone).date() if done["due"] is None else date.fromisoformat(done["due"]["date"])
    days = (date.fromisoformat(members["due"]["date"]) - began).days
    successor_id = done["successor"]["id"]
    place = {"list_id": done["list_id"], "parent_id": successor_id}
    return [
        _copy(change, successor_id, done, {**members, "reminders": _moved_reminders(done, days, zone)}),
        *(
            _copy(change, new_id(change.at), subtask, {**place, **_moved(subtask, days, change.account.timezone)})
            for subtask in succession.subtasks
        ),
    ]


def _copy(change: Change, task_id: UUID, task: Document, members: Mapping[str, Any]) -> Document:
    draft = TaskDraft.model_validate({**represent_editable(task), "status": "todo", **members})
    return new_task(task_id, change, draft, task["position"])


def _moved(subtask: Document, days: int, user_timezone: str) -> Document:
    due = subtask["due"]
    zone = ZoneInfo((due or {}).get("timezone") or user_timezone)
    if due is not None:
        due = {**due, "date": _moved_day(date.fromisoformat(due["date"]), days).isoformat()}
    return {"due": due, "reminders": _moved_reminders(subtask, days, zone)}


def _moved_day(day: date, days: int) -> date:
    return day + timedelta(days=min(days, (_LAST_DAY - day).days))


def _moved_reminders(task: Document, days: int, zone: ZoneInfo) -> list[Document]:
    """Return the reminders of a task, those at an instant so many days later in local time."""
    return [
        {"at": _moved_instant(reminder["at"], days, zone)} if "at" in reminder else reminder
        for reminder in task["reminders"]
    ]


def _moved_instant(instant: Any, days: int, zone: ZoneInfo) -> Any:
    try:
        return (instant.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:  # beyond the last year that there is
        return instant
