"""Files of other services that hold lists, and within each its tasks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, BinaryIO

from app.tasks.portability.errors import Place, UnreadableFileError
from app.tasks.portability.foreign import ForeignTask
from app.tasks.portability.json_items import Item, Path, read_items
from app.tasks.portability.kinship import Kinship
from app.tasks.portability.records import FLATTENED, ListRecord, Record, RefusedRecord, SkippedRecord

# The contract's number (app/tasks/schemas.py).
_MAX_NAME = 100


class NestedSource(ABC):
    """Reads lists at one path and their tasks at another below it; a format says what is in them.

    Subtasks stand anywhere in the file, whatever the order, and below them others.
    """

    # Where lists stand, in which member of a list its tasks are, and which others of its members are read.
    list_path: Path
    tasks_member: str
    list_members: frozenset[str]

    def __init__(self, file: BinaryIO, task_quota: int) -> None:
        """`task_quota` is how many tasks an account holds, which bounds what is remembered of them."""
        self._file = file
        self._kinship = Kinship(task_quota)

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        lists = sum(isinstance(item.value, dict) for item in self._read_lists())
        if lists == 0:
            where = "/".join(self.list_path)
            raise UnreadableFileError(Place(), f"There are no lists in it; they would be at /{where}.")
        self._kinship.clear()
        for item in self._read_tasks():
            for task in self._read_task(item):
                if isinstance(task, ForeignTask):
                    self._kinship.add(task.key, task.parent_key)
        self._kinship.settle()

    def profile(self) -> Any:
        """Return None: there is none in such a file."""
        return None

    def records(self) -> Iterator[Record]:
        """Yield all lists, then all tasks that are no subtasks, then the others. The file must have been checked."""
        for item in self._read_lists():
            if isinstance(item.value, dict):
                yield from self.read_list(item)
            else:
                yield RefusedRecord(item.place, "It is no object.", is_task=False)
        yield from self._records_of(subtasks=False)
        if self._kinship.has_subtasks:
            yield from self._records_of(subtasks=True)

    def _records_of(self, *, subtasks: bool) -> Iterator[Record]:
        for item in self._read_tasks():
            for task in self._read_task(item):
                if isinstance(task, ForeignTask):
                    above = self._kinship.above(task.parent_key)
                    if (above is not None) is subtasks:
                        yield _put_below(task, above)
                elif not subtasks:
                    yield task

    @abstractmethod
    def read_list(self, item: Item) -> Iterator[Record]:
        """Yield what becomes of a list, which is an object."""

    @abstractmethod
    def read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord]:
        """Yield what becomes of a task, which is an object: the task, and perhaps subtasks with its own place."""

    def list_key(self, item: Item) -> str:
        """Return by what the list of an item goes, which is where it stands in the file."""
        return "/".join(map(str, item.location[: len(self.list_path)]))

    def make_list(self, item: Item, name: object, **members: Any) -> ListRecord:
        """Return a list with a name that fits."""
        fitting = (name if isinstance(name, str) else "").replace("\x00", "").strip()[:_MAX_NAME]
        return ListRecord(item.place, self.list_key(item), {"name": fitting or "Untitled", **members})

    def _read_lists(self) -> Iterator[Item]:
        return read_items(self._file, self.list_path, keep=self.list_members)

    def _read_tasks(self) -> Iterator[Item]:
        return read_items(self._file, (*self.list_path, self.tasks_member, "*"))

    def _read_task(self, item: Item) -> Iterator[ForeignTask | SkippedRecord | RefusedRecord]:
        if not isinstance(item.value, dict):
            return iter([RefusedRecord(item.place, "It is no object.")])
        return self.read_task(item)


def _put_below(task: ForeignTask, above: str | None) -> Record:
    """Return a task below the one with this key, which is at the top; a lost parent goes into the notes."""
    if above is None and task.parent_key is not None:
        task.leftovers = {"Subtask of": task.parent_title or task.parent_key, **task.leftovers}
    elif above != task.parent_key:
        task.remarks.append(FLATTENED)
    task.parent_key = above
    return task.to_record()


def skip_deleted(item: Item) -> SkippedRecord:
    """Return what becomes of a task that was deleted over there."""
    return SkippedRecord(item.place, "Deleted tasks are left out.", is_task=True)
