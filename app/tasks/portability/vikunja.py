"""Reads `data.json` of a Vikunja export: `[{"title", "tasks": [task, ...], ...}]`, an array of projects."""

from collections.abc import Iterator
from typing import Any

from app.tasks.portability.foreign import ForeignTask, objects_of, to_due, to_instant, to_text
from app.tasks.portability.foreign_json import NestedSource
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord

# Vikunja has 0 (unset) to 5 ("do now").
_HIGHEST_PRIORITY = 4
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
        reminders = [to_instant(entry.get("reminder")) for entry in objects_of(task.get("reminders"))]
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=to_text(task.get("id")),
            list_key=self.list_key(item),
            parent_key=to_text(parents[0].get("id")) if parents else None,
            parent_title=to_text(parents[0].get("title")) if parents else None,
            notes=task.get("description"),
            is_done=task.get("done") is True,
            priority=max(0, min(priority, _HIGHEST_PRIORITY)) if type(priority) is int else 0,
            due=to_due(task.get("due_date")),
            labels=[str(label.get("title", "")) for label in objects_of(task.get("labels"))],
            reminders=[{"at": at} for at in reminders if at is not None],
            completed_at=to_instant(task.get("done_at")),
            created_at=to_instant(task.get("created")),
            updated_at=to_instant(task.get("updated")),
            leftovers=_leftovers(task),
        )


def _leftovers(task: dict[str, Any]) -> dict[str, object]:
    return {
        "Start": to_instant(task.get("start_date")),
        "End": to_instant(task.get("end_date")),
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
