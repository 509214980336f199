"""How a task document is made and changed, in memory."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.data.changes import Change
from app.data.database import Document
from app.tasks.collections import home_of
from app.tasks.due import NEVER, due_instant
from app.tasks.schemas import TaskDraft

# Left out of the document when there is nothing to say, which keeps it out of the partial indexes, and short.
_SPARSE_FIELDS = ("labels", "parent_id", "completed_at", "recurrence", "successor", "origin")
_DELETION_FIELDS = ("deleted_at", "deleted_with")
# A patch of these alone comes to the same whatever the task is, but for the time of completion.
_INDEPENDENT_FIELDS = frozenset({"title", "notes", "labels", "status"})


def new_task(task_id: UUID, change: Change, draft: TaskDraft, position: str) -> Document:
    """Return the document of a new task."""
    blank = {
        "_id": task_id,
        "user_id": change.user_id,
        "status": "todo",
        "position": position,
        "created_at": change.at,
        "deleted": False,
    }
    return apply_draft(blank, draft, change) | change.stamp()


def apply_draft(task: Document, draft: TaskDraft, change: Change) -> Document:
    """Return a copy of the task with the draft's fields and all that follows from them."""
    due = None if draft.due is None else draft.due.model_dump()
    due_at = due_instant(due, change.account.timezone)
    if due == task.get("due") and "due_at" in task:
        due_at = task["due_at"]  # a floating due date follows the user's zone through `rezone` alone
    return with_changes(
        task,
        {
            "title": draft.title,
            "notes": draft.notes,
            "status": draft.status,
            "priority": draft.priority,
            "due": due,
            "due_at": due_at,
            "due_order": due_at or NEVER,
            "recurrence": None if draft.recurrence is None else draft.recurrence.model_dump(),
            "reminders": [reminder.model_dump(exclude_none=True) for reminder in draft.reminders],
            "labels": draft.labels,
            "list_id": draft.list_id,
            "parent_id": draft.parent_id,
            "completed_at": _completed_at(task, draft.status, change),
        },
    )


def with_changes(task: Document, changes: Mapping[str, Any]) -> Document:
    """Return a copy with other values and what follows from the list; sparse fields without a value are left out."""
    changed = {**task, **changes}
    changed["home"] = home_of(changed["user_id"], changed["list_id"])
    return {name: value for name, value in changed.items() if value or name not in _SPARSE_FIELDS}


def is_independent(patch: Mapping[str, Any]) -> bool:
    """Whether the rest of a task has no say in what a merge patch makes of it."""
    return bool(patch) and patch.keys() <= _INDEPENDENT_FIELDS and None not in patch.values()


def independent_changes(patch: Mapping[str, Any], change: Change, task: Document | None = None) -> Document:
    """Return what an independent patch changes in the task, or in most tasks where it is not known yet.

    The patch was checked as a `TaskPatch` or is our own.
    """
    changes = dict(patch)
    if "status" in patch:
        changes["completed_at"] = _completed_at(task or {}, patch["status"], change)
    return changes


def _completed_at(task: Document, status: str, change: Change) -> datetime | None:
    if status != "done":
        return None
    return task.get("completed_at") if task.get("status") == "done" else change.at


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Document:
    """Return what makes one task of the other; a sparse field that goes is None."""
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | dict.fromkeys(before.keys() - after.keys())


def to_update(changes: Mapping[str, Any]) -> Document:
    """Return changes in the form that MongoDB takes."""
    removed = {name: "" for name in _SPARSE_FIELDS if name in changes and not changes[name]}
    update: Document = {"$set": {name: value for name, value in changes.items() if name not in removed}}
    return update | {"$unset": removed} if removed else update


def moved_due(task: Document, timezone: str, revision: int) -> Document:
    """Return what changes of a task for a user in another zone: nothing, or instant and place of its due date."""
    due_at = due_instant(task["due"], timezone)
    if due_at == task["due_at"]:
        return {}
    return {"due_at": due_at, "due_order": due_at or NEVER, "order_revision": revision}


def restored_task(task: Document, change: Change, place: Mapping[str, Any]) -> Document:
    """Return a copy that is out of the trash, in its list and under its parent (`place`).

    The trash does not follow the user to another zone; what comes out of it does.
    """
    kept = {name: value for name, value in task.items() if name not in _DELETION_FIELDS}
    moved = moved_due(task, change.account.timezone, change.account.revision)
    return with_changes(kept, {**place, **moved, "deleted": False, **change.stamp()})
