"""Reads tasks from CSV with the columns of `app.tasks.portability.csv_cells`, of which only `title` must be there."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from app.tasks.list_service import LIST_QUOTA
from app.tasks.portability.csv_cells import COLUMNS, split_cell, unescape_cell
from app.tasks.portability.csv_rows import Row, read_rows
from app.tasks.portability.errors import Place, UnreadableFileError
from app.tasks.portability.records import ListRecord, Record, RefusedRecord, TaskRecord, digest_key

_WHOLE_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
_TEXT_COLUMNS = ("title", "notes", "status", "position", "completed_at", "created_at", "updated_at")


class TaskfleetCsvSource:
    """A file of this format."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        for _ in read_rows(self._file, _check_columns):
            pass

    def profile(self) -> Any:
        """Return None: there is none in such a file."""
        return None

    def records(self) -> Iterator[Record]:
        """Yield tasks, and each list ahead of the first task in it."""
        known_lists: set[bytes] = set()
        for row in read_rows(self._file, _check_columns):
            cells = {name: unescape_cell(cell) for name, cell in row.cells.items()}
            list_key = cells.get("list_id") or (f"name {cells['list']}" if cells.get("list") else None)
            if list_key is not None and (digest := digest_key(list_key)) not in known_lists:
                if len(known_lists) < LIST_QUOTA:  # which those beyond cannot become
                    known_lists.add(digest)
                yield ListRecord(row.place, list_key, {"name": cells.get("list", "")})
            yield _read_task(row, cells, list_key)


def _check_columns(columns: Sequence[str]) -> None:
    for name in columns:
        if name not in COLUMNS:
            raise UnreadableFileError(
                Place(line=1), f"There is no column {name[:50]!r}; known ones are: {', '.join(COLUMNS)}."
            )
    if "title" not in columns:
        raise UnreadableFileError(Place(line=1), "The column 'title' is missing.")


def _read_task(row: Row, cells: Mapping[str, str], list_key: str | None) -> Record:
    if row.surplus:
        return RefusedRecord(row.place, f"It has {row.surplus} cells more than there are columns.")
    members: dict[str, Any] = {name: cells[name] for name in _TEXT_COLUMNS if cells.get(name)}
    if any(cells.get(f"due_{part}") for part in ("date", "time", "timezone")):
        members["due"] = {part: cells.get(f"due_{part}") or None for part in ("date", "time", "timezone")}
    if priority := cells.get("priority"):
        members["priority"] = int(priority) if _WHOLE_NUMBER.fullmatch(priority) else priority
    try:
        for name in ("recurrence", "reminders"):
            if cells.get(name):
                members[name] = json.loads(cells[name])
        if cells.get("labels"):
            members["labels"] = split_cell(cells["labels"])
    except (ValueError, RecursionError) as error:
        return RefusedRecord(row.place, f"A cell cannot be read: {error}.")
    return TaskRecord(
        row.place, cells.get("id") or None, list_key, cells.get("parent_id") or None, {"title": "", **members}
    )
