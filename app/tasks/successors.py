"""The documents of the task that follows a recurring one, and whether they are still as they were made."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from app.core.ids import new_id
from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import new_task
from app.tasks.due import FIRST_DAY, LAST_DAY
from app.tasks.position import position_between
from app.tasks.representation import represent_editable
from app.tasks.schemas import TaskDraft


def make_successors(
    change: Change, done: Document, members: Mapping[str, Any], subtasks: Sequence[Document], last: str | None
) -> list[Document]:
    """Return the next task and copies of the subtasks, all to do.

    `members` are those of the next task that differ. It stands at the place of the done one, which is free among open
    tasks. The subtasks may be open still; their copies come behind all others, of which `last` is the last position.
    """
    zone = ZoneInfo(members["due"]["timezone"] or change.account.timezone)
    began = change.at.astimezone(zone).date() if done["due"] is None else date.fromisoformat(done["due"]["date"])
    days = (date.fromisoformat(members["due"]["date"]) - began).days
    next_members = {**members, "reminders": _moved_reminders(done, days, zone)}
    successor = _copy(change, done["successor"], done, next_members, done["position"])
    copies: list[Document] = []
    for subtask in sorted(subtasks, key=lambda subtask: subtask["position"]):
        last = position_between(last, None)
        place = {"list_id": done["list_id"], "parent_id": done["successor"]}
        moved = _moved(subtask, days, change.account.timezone)
        copies.append(_copy(change, new_id(change.at), subtask, {**place, **moved}, last))
    origin = {"revision": change.account.revision, "content": _content([successor, *copies])}
    return [{**successor, "origin": origin}, *copies]


def is_untouched(successor: Document, subtasks: Sequence[Document]) -> bool:
    """Whether a task with its subtasks is as `make_successors` made it, in all that its owner can change."""
    return bool(successor["origin"]["content"] == _content([successor, *subtasks]))


def is_made_by(change: Change, successor: Document) -> bool:
    """Whether it was made in this very change, so that nobody has heard of it."""
    return bool(successor["origin"]["revision"] == change.account.revision)


def _content(tasks: Sequence[Document]) -> str:
    """Return a hash (SHA-256) of what owners can change, which the zone that they are in is not part of."""
    members = sorted((str(task["_id"]), task["position"], represent_editable(task)) for task in tasks)
    return hashlib.sha256(to_json(members)).hexdigest()


def _copy(change: Change, task_id: UUID, task: Document, members: Mapping[str, Any], position: str) -> Document:
    draft = TaskDraft.model_validate({**represent_editable(task), "status": "todo", **members})
    return new_task(task_id, change, draft, position)


def _moved(subtask: Document, days: int, user_timezone: str) -> Document:
    due = subtask["due"]
    zone = ZoneInfo((due or {}).get("timezone") or user_timezone)
    if due is not None:
        due = {**due, "date": _moved_day(date.fromisoformat(due["date"]), days).isoformat()}
    return {"due": due, "reminders": _moved_reminders(subtask, days, zone)}


def _moved_day(day: date, days: int) -> date:
    """Return the day so many days later, or earlier, or the last one in that direction that a due date may name."""
    return day + timedelta(days=min(max(days, (FIRST_DAY - day).days), (LAST_DAY - day).days))


def _moved_reminders(task: Document, days: int, zone: ZoneInfo) -> list[Document]:
    """Return the reminders of a task, those at an instant so many days later in local time."""
    return [
        {"at": _moved_instant(reminder["at"], days, zone)} if "at" in reminder else reminder
        for reminder in task["reminders"]
    ]


def _moved_instant(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    try:
        return (instant.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:  # beyond the first or last year that there is
        return instant
