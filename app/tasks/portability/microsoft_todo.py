"""Reads Microsoft To Do as Microsoft Graph answers: `{"value": [todoTaskList with "tasks": [todoTask, ...]]}`.

That is the answer to `GET /me/todo/lists`, with the answer to `GET /me/todo/lists/{id}/tasks` in each list.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.tasks.portability.foreign import ForeignTask, objects_of, texts_of, to_instant, to_text
from app.tasks.portability.foreign_json import NestedSource
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord
from app.tasks.portability.windows_timezones import find_timezone

_PRIORITIES = {"low": 1, "normal": 0, "high": 3}
_STATUSES = (None, "notStarted", "inProgress", "completed")
_MOVED_DUE = "A due date that began at another time than midnight became that day in your time zone."


class MicrosoftTodoSource(NestedSource):
    """A file of this format. Steps of a task (checklist items) become subtasks."""

    list_path = ("value", ANY)
    tasks_member = "tasks"
    list_members = frozenset({"displayName"})

    def __init__(self, file: BinaryIO, task_quota: int, timezone: str) -> None:
        """`timezone` is that of the user."""
        super().__init__(file, task_quota)
        self._timezone = ZoneInfo(timezone)

    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield the list."""
        yield self.make_list(item, item.value.get("displayName"))

    def read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord]:
        """Yield the task and its steps."""
        task = item.value
        key = to_text(task.get("id")) or item.place.pointer
        status, body = task.get("status"), task.get("body")
        due, due_left, remarks = self._read_due(task.get("dueDateTime"))
        given_reminder = task.get("reminderDateTime") if task.get("isReminderOn") is True else None
        reminder, completed = _read_instant(given_reminder), task.get("completedDateTime")
        importance = task.get("importance")
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=key,
            list_key=self.list_key(item),
            notes=body.get("content") if isinstance(body, dict) else None,
            is_done=status == "completed",
            in_progress=status == "inProgress",
            priority=_PRIORITIES.get(str(importance), 0),
            due=due,
            labels=texts_of(task.get("categories")),
            reminders=[] if reminder is None else [{"at": reminder}],
            completed_at=_read_instant(completed) or completed,
            created_at=task.get("createdDateTime"),
            updated_at=task.get("lastModifiedDateTime"),
            leftovers={
                "Due": due_left,
                "Reminder": given_reminder if reminder is None else None,
                "Status": None if status in _STATUSES else status,
                "Importance": None if importance is None or str(importance) in _PRIORITIES else importance,
                "Start": task.get("startDateTime"),
                "Recurrence": task.get("recurrence"),
                "Links": [link.get("webUrl") for link in objects_of(task.get("linkedResources"))],
            },
            remarks=remarks,
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
            completed_at=step.get("checkedDateTime"),
            created_at=step.get("createdDateTime"),
        )

    def _read_due(self, value: object) -> tuple[dict[str, Any] | None, object, list[str]]:
        """Return a due date, which is a day over there, what of it cannot be read, and remarks.

        The day begins at midnight in the zone of whoever has set it, which Graph converts into another one.
        """
        begins = _read_local(value)
        if begins is None:
            return None, value, []
        remarks = []
        if begins.time() != time():
            at = _read_instant(value)
            if at is None:
                return None, value, []
            begins = datetime.fromisoformat(at).astimezone(self._timezone)
            remarks = [_MOVED_DUE]
        return {"date": f"{begins:%Y-%m-%d}", "time": None, "timezone": None}, None, remarks


def _read_local(value: object) -> datetime | None:
    """Return what a `dateTimeTimeZone` (`{"dateTime", "timeZone"}`) shows on the clocks of its zone."""
    text = to_instant(value.get("dateTime")) if isinstance(value, dict) else None
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=None)


def _read_instant(value: object) -> str | None:
    """Return the instant of a `dateTimeTimeZone`; zones have names of the IANA database or of Windows."""
    local = _read_local(value)
    zone = find_timezone(value.get("timeZone")) if isinstance(value, dict) else None
    if local is None or zone is None:
        return None
    at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
