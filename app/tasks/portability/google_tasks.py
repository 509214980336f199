"""Reads `Tasks.json` of Google Takeout: `{"kind": "tasks#taskLists", "items": [{"title", "items": [task, ...]}]}`."""

import re
from collections.abc import Iterator
from typing import Any

from app.tasks.portability.foreign import ForeignTask, objects_of, to_due, to_text, unread
from app.tasks.portability.foreign_json import NestedSource, skip_deleted
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord

_STATUSES = (None, "needsAction", "completed")
_MIDNIGHT = re.compile(r"[^T]*T00:00:00(\.0+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


class GoogleTasksSource(NestedSource):
    """A file of this format. Due dates (`due`) have no time over there; what is scheduled may have one."""

    list_path = ("items", ANY)
    tasks_member = "items"
    list_members = frozenset({"title"})

    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield the list."""
        yield self.make_list(item, item.value.get("title"))

    def read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord]:
        """Yield the task, unless it was deleted."""
        task = item.value
        if task.get("deleted") is True:
            yield skip_deleted(item)
            return
        due, due_left = _read_due(task.get("due"), _find_scheduled(task))
        status = task.get("status")
        links = [link.get("link") for link in objects_of(task.get("links"))]
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=to_text(task.get("id")),
            list_key=self.list_key(item),
            parent_key=to_text(task.get("parent")),
            notes=task.get("notes"),
            is_done=status == "completed",
            due=due,
            completed_at=task.get("completed"),
            created_at=task.get("created"),
            updated_at=task.get("updated"),
            leftovers={**due_left, "Status": None if status in _STATUSES else status, "Links": links},
        )


def _find_scheduled(task: dict[str, Any]) -> object:
    """Return for when a task is scheduled: the entry that is current, or else the first; others are former ones."""
    entries = objects_of(task.get("scheduled_time"))
    current = next((entry for entry in entries if entry.get("current") is True), None)
    return (current or (entries[0] if entries else {})).get("start")


def _read_due(due: object, scheduled: object) -> tuple[dict[str, Any] | None, dict[str, object]]:
    """Return the due date, and what is to be kept of both."""
    has_time = isinstance(scheduled, str) and _MIDNIGHT.fullmatch(scheduled) is None
    day, start = to_due(due, has_time=False), to_due(scheduled, has_time=has_time)
    left = {"Due": unread(due), "Scheduled": unread(scheduled)}
    if day is None or start is None:
        return day or start, left
    if to_due(scheduled, has_time=False) == day:
        return start, left
    return day, {**left, "Scheduled": scheduled}
