"""Reads `Tasks.json` of Google Takeout: `{"kind": "tasks#taskLists", "items": [{"title", "items": [task, ...]}]}`."""

from collections.abc import Iterator

from app.tasks.portability.foreign import ForeignTask, objects_of, to_due, to_instant, to_text
from app.tasks.portability.foreign_json import NestedSource, skip_deleted
from app.tasks.portability.json_items import ANY, Item
from app.tasks.portability.records import Record, SkippedRecord


class GoogleTasksSource(NestedSource):
    """A file of this format. Due dates have no time over there."""

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
        scheduled = next((entry.get("start") for entry in objects_of(task.get("scheduled_time"))), None)
        links = [link.get("link") for link in objects_of(task.get("links"))]
        yield ForeignTask(
            item.place,
            task.get("title"),
            key=to_text(task.get("id")),
            list_key=self.list_key(item),
            parent_key=to_text(task.get("parent")),
            notes=task.get("notes"),
            is_done=task.get("status") == "completed",
            due=to_due(task.get("due") or scheduled, has_time=False),
            completed_at=to_instant(task.get("completed")),
            created_at=to_instant(task.get("created")),
            updated_at=to_instant(task.get("updated")),
            leftovers={"Links": links},
        )
