"""Files of other services that hold lists, and within each its tasks."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from app.tasks.portability.errors import Place, UnreadableFileError
from app.tasks.portability.json_items import Item, Path, read_items
from app.tasks.portability.records import ListRecord, Record, RefusedRecord, SkippedRecord, TaskRecord

# The contract's number (app/tasks/schemas.py).
_MAX_NAME = 100


class NestedSource:
    """Reads lists at one path and their tasks at another below it; a format says what is in them."""

    # Where lists stand, and in which member of a list its tasks are.
    list_path: Path
    tasks_member: str

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        lists = sum(isinstance(item.value, dict) for item in self._read_lists())
        if lists == 0:
            where = "/".join(self.list_path)
            raise UnreadableFileError(Place(), f"There are no lists in it; they would be at /{where}.")
        for _ in self._read_tasks():
            pass

    def profile(self) -> Any:
        """Return None: there is none in such a file."""
        return None

    def records(self) -> Iterator[Record]:
        """Yield all lists, then all tasks that are no subtasks, then the others."""
        for item in self._read_lists():
            yield from self.read_list(item) if isinstance(item.value, dict) else ()
        has_subtasks = False
        for item in self._read_tasks():
            for record in self._read_task(item):
                if isinstance(record, TaskRecord) and self._is_late(record, item):
                    has_subtasks = True
                else:
                    yield record
        if has_subtasks:
            for item in self._read_tasks():
                for record in self._read_task(item):
                    if isinstance(record, TaskRecord) and self._is_late(record, item):
                        yield record

    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield what becomes of a list, which is an object."""
        raise NotImplementedError

    def read_task(self, item: Item) -> Iterator[Record]:
        """Yield what becomes of a task, which is an object: the task, and perhaps subtasks with its own place."""
        raise NotImplementedError

    def list_key(self, item: Item) -> str:
        """Return by what the list of an item goes, which is where it stands in the file."""
        return "/".join(map(str, item.location[: len(self.list_path)]))

    def make_list(self, item: Item, name: object, **members: Any) -> ListRecord:
        """Return a list with a name that fits."""
        fitting = (name if isinstance(name, str) else "").replace("\x00", "").strip()[:_MAX_NAME]
        return ListRecord(item.place, self.list_key(item), {"name": fitting or "Untitled", **members})

    def _is_late(self, record: TaskRecord, item: Item) -> bool:
        # A parent that stands in the file as a task of its own may come after it.
        return record.parent_key is not None and record.place == item.place

    def _read_lists(self) -> Iterator[Item]:
        return read_items(self._file, self.list_path, leave_out=frozenset({self.tasks_member}))

    def _read_tasks(self) -> Iterator[Item]:
        return read_items(self._file, (*self.list_path, self.tasks_member, "*"))

    def _read_task(self, item: Item) -> Iterator[Record]:
        if not isinstance(item.value, dict):
            return iter([RefusedRecord(item.place, "It is no object.")])
        return self.read_task(item)


def skip_deleted(item: Item) -> SkippedRecord:
    """Return what becomes of a task that was deleted over there."""
    return SkippedRecord(item.place, "Deleted tasks are left out.", is_task=True)
