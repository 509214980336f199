"""Reads `data.json` of a Vikunja export: `[{"title", "tasks": [task, ...], ...}]`, an array of projects."""

from collections.abc import Iterator
from typing import Any

from app.tasks.portability.foreign import ForeignTask, objects_of, to_due, to_instant, to_text, unread
from app.tasks.portability.foreign_json import NestedSource
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord

# Vikunja has 0 (unset) to 5 ("do now"), and we have 0 to 4.
_THEIR_HIGHEST_PRIORITY, _HIGHEST_PRIORITY = 5, 4
# The relations that make subtasks here; each stands in both tasks.
_FAMILY = frozenset({"parenttask", "subtask"})
_COLOR_LENGTH = 6


class VikunjaSource(NestedSource):
    """A file of this format."""

    list_path = (ANY,)
    tasks_member = "tasks"
    # There are others of which some hold an entry for each task in each view.
    list_members = frozenset({"title", "hex_color", "is_archived", "description", "parent_project_id"})

    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield the list, and what a project has beyond one."""
        project = item.value
        color = str(project.get("hex_color") or "").removeprefix("#").lower()
        is_color = len(color) == _COLOR_LENGTH and not set(color) - set("0123456789abcdef")
        is_archived = project.get("is_archived") is True
        yield self.make_list(
            item, project.get("title"), color=f"#{color}" if is_color else None, archived=is_archived
        )
        if project.get("description"):
            yield SkippedRecord(item.place, "Descriptions of projects are left out.")
        if project.get("parent_project_id"):
            yield SkippedRecord(item.place, "Projects within projects become lists side by side.")

    def read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord]:
        """Yield the task."""
        task = item.value
        related = task.get("related_tasks")
        related = related if isinstance(related, dict) else {}
        parents = objects_of(related.get("parenttask"))
        priority = task.get("priority")
        reminders = [entry.get("reminder") for entry in objects_of(task.get("reminders"))]
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=to_text(task.get("id")),
            list_key=self.list_key(item),
            parent_key=to_text(parents[0].get("id")) if parents else None,
            parent_title=to_text(parents[0].get("title")) if parents else None,
            notes=task.get("description"),
            is_done=task.get("done") is True,
            priority=min(priority, _HIGHEST_PRIORITY) if _is_priority(priority) else 0,
            due=to_due(task.get("due_date")),
            labels=[str(label.get("title", "")) for label in objects_of(task.get("labels"))],
            reminders=[{"at": at} for at in map(to_instant, reminders) if at is not None],
            completed_at=task.get("done_at"),
            created_at=task.get("created"),
            updated_at=task.get("updated"),
            leftovers={
                "Due": unread(task.get("due_date")),
                "Priority": None if _is_priority(priority) else priority,
                "Other reminders": [value for value in map(unread, reminders) if value is not None],
                "Also subtask of": [above.get("title") for above in parents[1:]],
                "Related": _relations(related),
                **_leftovers(task),
            },
        )


def _is_priority(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _THEIR_HIGHEST_PRIORITY


def _relations(related: dict[str, Any]) -> dict[str, Any]:
    """Return the titles of other tasks by what they are to this one."""
    titles = {kind: [task.get("title") for task in objects_of(tasks)] for kind, tasks in related.items()}
    return {kind: names for kind, names in titles.items() if names and kind not in _FAMILY}


def _leftovers(task: dict[str, Any]) -> dict[str, object]:
    return {
        "Start": to_instant(task.get("start_date")) or unread(task.get("start_date")),
        "End": to_instant(task.get("end_date")) or unread(task.get("end_date")),
        "Repeat after (seconds)": task.get("repeat_after"),
        "Progress": task.get("percent_done"),
        "Assignees": [person.get("username") for person in objects_of(task.get("assignees"))],
        "Comments": [comment.get("comment") for comment in objects_of(task.get("comments"))],
        "Attachments": [
            file.get("name")
            for attachment in objects_of(task.get("attachments"))
            if isinstance(file := attachment.get("file"), dict)
        ],
    }
