"""Makes chunks of what is in a file: checked, numbered, with the ids that their tasks and lists will have."""

import functools
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from app.api.problems import InvalidInputError
from app.tasks.list_service import LIST_QUOTA
from app.tasks.portability.errors import Place
from app.tasks.portability.records import (
    FLATTENED,
    ListRecord,
    RefusedRecord,
    SkippedRecord,
    Source,
    TaskRecord,
    digest_key,
)
from app.tasks.portability.report import Report
from app.tasks.portability.schemas import PortableList, PortableTask
from app.tasks.recurrence import check_comes_again, first_of_series
from app.tasks.succession import MAX_SUBTASKS

Model = TypeVar("Model", bound=BaseModel)

# About a second's work of one transaction on a slow disk, in which the user's own changes wait.
_MAX_RECORDS = 500
# How many records are read before it is noted how far the import is, even if nothing of them comes in.
_MAX_READ = 5_000
# Long notes make the work of the text index: so many characters take as long as so many short tasks.
_MAX_CHARACTERS = 500_000


@dataclass(frozen=True, slots=True)
class ImportedList:
    """A list to be made."""

    number: int
    place: Place
    list_id: UUID
    draft: PortableList


@dataclass(frozen=True, slots=True)
class ImportedTask:
    """A task to be made; a subtask goes into its parent's list."""

    number: int
    place: Place
    task_id: UUID
    list_id: UUID | None
    parent_id: UUID | None
    draft: PortableTask


@dataclass(slots=True)
class Chunk:
    """What one change is to make, of the records from `start` up to `end`."""

    lists: list[ImportedList] = field(default_factory=list)
    tasks: list[ImportedTask] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    start: int = 0
    end: int = 0
    characters: int = 0

    @property
    def is_full(self) -> bool:
        """Whether what comes next belongs into another change."""
        return (
            len(self.lists) + len(self.tasks) >= _MAX_RECORDS
            or self.characters >= _MAX_CHARACTERS
            or self.end - self.start >= _MAX_READ
        )


class DerivedIds:
    """The ids of one import: by the number of a record in the file, so that a second run gives the same ones.

    They are shaped as version 7 (RFC 9562): the instant at which the import began, then the number, so that they
    rise in the order of the file, then what is the import's own.
    """

    def __init__(self, user_id: UUID, import_id: UUID, started_at: datetime) -> None:
        digest = hashlib.sha256(user_id.bytes + import_id.bytes).digest()
        own_bits = int.from_bytes(digest[:6]) & ((1 << 42) - 1)
        milliseconds = int(started_at.timestamp() * 1000)
        self._base = milliseconds << 80 | 7 << 76 | 0b10 << 62 | own_bits

    def make(self, number: int) -> UUID:
        """Return the id of the record with this number, which has 32 bits at most."""
        return UUID(int=self._base | (number >> 20) << 64 | (number & 0xFFFFF) << 42)


class Chunker:
    """Reads a source once. What was done in an earlier run is read as well, because later records refer to it."""

    def __init__(self, source: Source, ids: DerivedIds, quota: int, done: int, today: date) -> None:
        """`quota` is how many tasks an account holds, `done` how many records were dealt with before.

        `today` begins series that no due date begins.
        """
        self._today = today
        self._source = source
        self._quota = quota
        self._ids = ids
        self._done = done
        self._lists: dict[bytes, int] = {}
        # By its key: the number of a task, or of the one above it where it is a subtask itself, and whether it is.
        self._tasks: dict[bytes, tuple[int, bool]] = {}
        self._task_count = 0
        self._subtasks: Counter[int] = Counter()

    def chunks(self) -> Iterator[Chunk]:
        """Yield chunks, the last of which may be empty."""
        chunk = Chunk(start=self._done, end=self._done)
        for number, record in enumerate(self._source.records()):
            into = chunk if number >= self._done else Chunk()
            if isinstance(record, TaskRecord):
                self._take_task(into, number, record)
            elif isinstance(record, ListRecord):
                self._take_list(into, number, record)
            elif isinstance(record, RefusedRecord):
                into.report.fail(record.place, record.detail, is_task=record.is_task)
            else:
                _skip(into, record)
            if into is not chunk:
                continue
            chunk.end = number + 1
            if chunk.is_full:
                yield chunk
                chunk = Chunk(start=chunk.end, end=chunk.end)
        yield chunk

    def _take_list(self, chunk: Chunk, number: int, record: ListRecord) -> None:
        key = digest_key(record.key)
        if key in self._lists:
            chunk.report.fail(record.place, "Another list of the file has the same id.", is_task=False)
            return
        if len(self._lists) >= LIST_QUOTA:
            chunk.report.fail(record.place, f"An account holds at most {LIST_QUOTA} lists.", is_task=False)
            return
        draft = _check(PortableList, record.members, record.place, chunk.report, is_task=False)
        if draft is not None:
            self._lists[key] = number
            chunk.lists.append(ImportedList(number, record.place, self._ids.make(number), draft))

    def _take_task(self, chunk: Chunk, number: int, record: TaskRecord) -> None:
        draft = _check(PortableTask, record.members, record.place, chunk.report, is_task=True)
        if draft is None or not self._comes_again(draft, record.place, chunk.report):
            return
        key = None if record.key is None else digest_key(record.key)
        fault = self._find_fault(key, record) or self._find_fault_above(record)
        if fault is not None:
            chunk.report.fail(record.place, fault)
            return
        above = None
        if record.parent_key is not None:
            above, is_subtask = self._tasks[digest_key(record.parent_key)]
            self._subtasks[above] += 1
            if is_subtask:
                chunk.report.note(FLATTENED)
        if key is not None:
            self._tasks[key] = (number, False) if above is None else (above, True)
        self._task_count += 1
        list_number = None if record.list_key is None else self._lists[digest_key(record.list_key)]
        list_id = None if list_number is None else self._ids.make(list_number)
        parent_id = None if above is None else self._ids.make(above)
        task_id = self._ids.make(number)
        chunk.tasks.append(ImportedTask(number, record.place, task_id, list_id, parent_id, draft))
        chunk.characters += len(draft.title) + len(draft.notes)
        for note in record.notes:
            chunk.report.note(note)

    def _comes_again(self, draft: PortableTask, place: Place, report: Report) -> bool:
        """Return whether the rule of a task, if any, matches a day; a series that has merely ended does."""
        if draft.recurrence is None:
            return True
        due = None if draft.due is None else draft.due.model_dump()
        start = date.fromisoformat(first_of_series(draft.recurrence.model_dump(), due, self._today)["date"])
        fault = _find_fault_of_rule(draft.recurrence.rule, start)
        if fault is not None:
            _refuse(place, "/recurrence/rule", fault, report, is_task=True)
        return fault is None

    def _find_fault(self, key: bytes | None, record: TaskRecord) -> str | None:
        if self._task_count >= self._quota:  # which also bounds what is remembered of them
            return f"An account holds at most {self._quota} tasks."
        if key is not None and key in self._tasks:
            return "Another task of the file has the same id."
        if record.list_key is not None and digest_key(record.list_key) not in self._lists:
            return "Its list is not in the file, or could not be imported."
        return None

    def _find_fault_above(self, record: TaskRecord) -> str | None:
        if record.parent_key is None:
            return None
        parent = self._tasks.get(digest_key(record.parent_key))
        if parent is None:
            return "Its parent is not ahead of it in the file, or could not be imported."
        if self._subtasks[parent[0]] >= MAX_SUBTASKS:
            return f"A task has at most {MAX_SUBTASKS} subtasks."
        return None


def _skip(chunk: Chunk, record: SkippedRecord) -> None:
    chunk.report.tasks_skipped += record.is_task
    chunk.report.note(record.note)


# One that matches nothing is searched for milliseconds; tasks of a file often share theirs.
@functools.lru_cache(maxsize=1_000)
def _find_fault_of_rule(rule: str, start: date) -> str | None:
    try:
        check_comes_again({"rule": rule}, start)
    except ValueError as error:
        return f"The rule {error}."
    return None


def _check(
    model: type[Model], members: Mapping[str, Any], place: Place, report: Report, *, is_task: bool
) -> Model | None:
    try:
        return model.model_validate(members)
    except ValidationError as error:
        first = InvalidInputError.from_pydantic(error).extensions["errors"][0]
        _refuse(place, first["pointer"], first["detail"], report, is_task=is_task)
        return None


def _refuse(place: Place, pointer: str, detail: str, report: Report, *, is_task: bool) -> None:
    if place.line is None:
        report.fail(Place(place.pointer + pointer), detail, is_task=is_task)
    else:
        report.fail(place, f"{pointer.removeprefix('/')}: {detail}", is_task=is_task)
