"""Reads Microsoft To Do as Microsoft Graph answers: `{"value": [todoTaskList with "tasks": [todoTask, ...]]}`.

That is the answer to `GET /me/todo/lists`, with the answer to `GET /me/todo/lists/{id}/tasks` in each list.
"""

from collections.abc import Iterator
from typing import Any

from app.tasks.portability.foreign import (
    ForeignTask,
    known_timezone,
    objects_of,
    texts_of,
    to_due,
    to_instant,
    to_text,
)
from app.tasks.portability.foreign_json import NestedSource
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord

_PRIORITIES = {"low": 1, "normal": 0, "high": 3}
_OTHER_STATUSES = frozenset({"waitingOnOthers", "deferred"})


class MicrosoftTodoSource(NestedSource):
    """A file of this format. Steps of a task (checklist items) become subtasks."""

    list_path = ("value", ANY)
    tasks_member = "tasks"
    list_members = frozenset({"displayName"})

    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield the list."""
        yield self.make_list(item, item.value.get("displayName"))

    def read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord]:
        """Yield the task and its steps."""
        task = item.value
        key = to_text(task.get("id")) or item.place.pointer
        status, body = task.get("status"), task.get("body")
        due, due_left = _read_due(task.get("dueDateTime"))
        reminder = _read_instant(task.get("reminderDateTime")) if task.get("isReminderOn") is True else None
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=key,
            list_key=self.list_key(item),
            notes=body.get("content") if isinstance(body, dict) else None,
            is_done=status == "completed",
            in_progress=status == "inProgress",
            priority=_PRIORITIES.get(str(task.get("importance")), 0),
            due=due,
            labels=texts_of(task.get("categories")),
            reminders=[] if reminder is None else [{"at": reminder}],
            completed_at=_read_instant(task.get("completedDateTime")),
            created_at=to_instant(task.get("createdDateTime")),
            updated_at=to_instant(task.get("lastModifiedDateTime")),
            leftovers={
                "Due": due_left,
                "Status": status if status in _OTHER_STATUSES else None,
                "Start": task.get("startDateTime"),
                "Recurrence": task.get("recurrence"),
                "Links": [link.get("webUrl") for link in objects_of(task.get("linkedResources"))],
            },
        )
        for step in objects_of(task.get("checklistItems")):
            yield self._read_step(item, step, key)

    def _read_step(self, item: Item, step: dict[str, Any], task_key: str) -> ForeignTask:
        return ForeignTask(
            item.place,
            step.get("displayName"),
            list_key=self.list_key(item),
            parent_key=task_key,
            is_done=step.get("isChecked") is True,
            completed_at=to_instant(step.get("checkedDateTime")),
            created_at=to_instant(step.get("createdDateTime")),
        )


def _read_due(value: object) -> tuple[dict[str, Any] | None, object]:
    """Return a due date, which is a day over there, and what of it cannot be read."""
    if not isinstance(value, dict):
        return None, None
    due = to_due(value.get("dateTime"), has_time=False)
    return due, None if due is not None else value


def _read_instant(value: object) -> str | None:
    """Return the instant of a `dateTimeTimeZone` in UTC, the zone in which Graph answers unless asked otherwise."""
    if not isinstance(value, dict) or known_timezone(value.get("timeZone")) != "UTC":
        return None
    return to_instant(value.get("dateTime"))
