"""Quick add: a task made of one line of text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.clock import Clock
from app.data.changes import Change, Changes, Recorder
from app.data.database import Document, Session
from app.tasks.errors import NoTitleLeftError
from app.tasks.list_repository import ListRepository
from app.tasks.operations import TaskOperations
from app.tasks.quick_add.reading import QuickTask, Span, read_quick_task
from app.tasks.schemas import TaskDraft


@dataclass(frozen=True, slots=True)
class QuickAdded:
    """A new task, and the parts of the text that were understood."""

    task: Document
    understood: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class QuickPreview:
    """What the task would be, and the parts of the text that were understood."""

    draft: TaskDraft
    understood: list[dict[str, Any]]


class QuickAddService:
    """Reads lines as they are meant in the user's zone and among the user's lists.

    Raises `NoTitleLeftError` for a line that says only when, where and how often.
    """

    def __init__(self, changes: Changes, operations: TaskOperations, lists: ListRepository, clock: Clock) -> None:
        self._changes = changes
        self._operations = operations
        self._lists = lists
        self._clock = clock

    async def add(self, user_id: UUID, text: str, recorder: Recorder[QuickAdded] | None = None) -> QuickAdded:
        """Add the task that a line says behind all others."""

        async def add(change: Change) -> QuickAdded:
            quick = await self._read(user_id, text, change.at, change.account.timezone, change.session)
            task = await self._operations.create_one(change, _to_draft(quick))
            return QuickAdded(task, _represent(quick.spans))

        return await self._changes.run(user_id, add, recorder, new_tasks=1)

    async def preview(self, user_id: UUID, text: str, timezone: str) -> QuickPreview:
        """Return what `add` would make of a line, for a user in this zone."""
        quick = await self._read(user_id, text, self._clock.now(), timezone)
        return QuickPreview(_to_draft(quick), _represent(quick.spans))

    async def _read(
        self, user_id: UUID, text: str, now: datetime, timezone: str, session: Session | None = None
    ) -> QuickTask:
        # Most lines name no list, and need no look at them.
        lists = await self._lists.find_names(user_id, session) if "@" in text else []
        return read_quick_task(text, now.astimezone(ZoneInfo(timezone)), lists)


def _to_draft(quick: QuickTask) -> TaskDraft:
    if not quick.title:
        raise NoTitleLeftError(_represent(quick.spans))
    due = quick.due
    at = None if due is None or due.at is None else f"{due.at:%H:%M}"
    start = "completion" if quick.is_from_completion else "due"
    return TaskDraft.model_validate(
        {
            "title": quick.title,
            "priority": quick.priority,
            "due": None if due is None else {"date": due.day.isoformat(), "time": at, "timezone": due.timezone},
            "recurrence": None if quick.rule is None else {"rule": quick.rule, "from": start},
            "labels": quick.labels,
            "list_id": quick.list_id,
        }
    )


def _represent(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"kind": span.kind, "start": span.start, "end": span.end} for span in spans]
