"""Reads a CSV backup of Todoist, which is one project.

Columns: `TYPE, CONTENT, DESCRIPTION, PRIORITY, INDENT, AUTHOR, RESPONSIBLE, DATE, DATE_LANG, TIMEZONE`, and in newer
files `DURATION, DURATION_UNIT, DEADLINE, DEADLINE_LANG`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from app.tasks.portability.csv_rows import Row, read_rows
from app.tasks.portability.errors import Place, UnreadableFileError
from app.tasks.portability.foreign import MAX_NOTES, ForeignTask, is_usual_year, known_timezone
from app.tasks.portability.records import ListRecord, Record, RefusedRecord, SkippedRecord

_NEEDED = ("TYPE", "CONTENT", "PRIORITY", "INDENT")
# Over there 1 is the most urgent, and 4 what nobody set.
_PRIORITIES = {"1": 4, "2": 3, "3": 2, "4": 0}
_LABEL = re.compile(r"(?:^|(?<=\s))@(\S{1,50})(?=\s|$)")
# A day, with a time or without; other texts ("every monday") mean something only over there.
_FORMS = (
    ("%Y-%m-%d", False),
    ("%Y-%m-%d %H:%M", True),
    ("%Y-%m-%dT%H:%M", True),
    ("%Y-%m-%dT%H:%M:%S", True),
    ("%d %b %Y", False),
    ("%d %B %Y", False),
    ("%b %d %Y", False),
    ("%B %d %Y", False),
    ("%d %b %Y %H:%M", True),
    ("%b %d %Y %H:%M", True),
)
# More than Todoist allows (5); whatever is no such number counts as 1.
_INDENTS = frozenset(map(str, range(1, 11)))
_COMMENTED = "Comments are kept in the notes."
_PASSED_OVER = frozenset({"", "meta"})


class TodoistSource:
    """A file of this format; its tasks go into one list, whose name the file does not tell."""

    def __init__(self, file: BinaryIO, list_name: str) -> None:
        self._file = file
        self._list_name = list_name

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        for _ in read_rows(self._file, _check_columns):
            pass

    def profile(self) -> Any:
        """Return None: there is none in such a file."""
        return None

    def records(self) -> Iterator[Record]:
        """Yield the list, then the tasks, each with the comments that follow it."""
        yield ListRecord(Place(line=1), "project", {"name": self._list_name})
        pending: ForeignTask | None = None
        # The keys of the tasks above, by their indent.
        above: dict[int, str] = {}
        for row in read_rows(self._file, _check_columns):
            kind = row.cells.get("TYPE", "").strip().lower()
            if kind == "note" and pending is not None:
                _add_comment(pending, row)
                continue
            if pending is not None:
                yield pending.to_record()
                pending = None
            if kind == "task":
                pending = _read_task(row, above)
            elif kind == "section":
                yield SkippedRecord(row.place, "Sections are left out; their tasks come in.")
            elif kind == "note":
                yield SkippedRecord(row.place, "Comments on the project are left out.")
            elif kind not in _PASSED_OVER:
                yield RefusedRecord(row.place, f"There is no such type as {kind[:50]!r}.")
        if pending is not None:
            yield pending.to_record()


def _check_columns(columns: Sequence[str]) -> None:
    for name in _NEEDED:
        if name not in columns:
            raise UnreadableFileError(Place(line=1), f"The column {name!r} is missing.")


def _read_task(row: Row, above: dict[int, str]) -> ForeignTask:
    cells = row.cells
    key = f"line {row.place.line}"
    parent = _find_parent(cells.get("INDENT", "").strip(), key, above)
    content, priority = cells.get("CONTENT", ""), cells.get("PRIORITY", "").strip()
    due, date_left = _read_date(cells.get("DATE", "").strip(), cells.get("TIMEZONE", "").strip())
    duration = f"{cells.get('DURATION', '')} {cells.get('DURATION_UNIT', '')}".strip()
    task = ForeignTask(
        row.place,
        " ".join(_LABEL.sub("", content).split()) or content,
        key=key,
        list_key="project",
        parent_key=parent,
        notes=cells.get("DESCRIPTION", ""),
        priority=_PRIORITIES.get(priority, 0),
        due=due,
        labels=_LABEL.findall(content),
        leftovers={
            "Date": date_left,
            "Priority": priority if priority not in _PRIORITIES else "",
            "Responsible": cells.get("RESPONSIBLE", "").strip(),
            "Duration": duration if any(map(str.isdecimal, duration)) else "",
            "Deadline": cells.get("DEADLINE", "").strip(),
        },
    )
    if cells.get("AUTHOR", "").strip():
        task.remarks.append("Authors are left out.")
    return task


def _find_parent(indent_text: str, key: str, above: dict[int, str]) -> str | None:
    """Return the key of the task above one with this indent, which takes its own place among those above others."""
    indent = int(indent_text) if indent_text in _INDENTS else 1
    for deeper in [level for level in above if level >= indent]:
        del above[deeper]
    parent = above[max(above)] if above else None
    above[indent] = key
    return parent


def _add_comment(task: ForeignTask, row: Row) -> None:
    if len(str(task.notes)) <= MAX_NOTES:  # what goes beyond is cut in any case
        comments = [task.notes, f"Comment: {row.cells.get('CONTENT', '')}"]
        task.notes = "\n\n".join(str(part) for part in comments if part)
    if _COMMENTED not in task.remarks:
        task.remarks.append(_COMMENTED)


def _read_date(text: str, timezone: str) -> tuple[dict[str, Any] | None, str]:
    """Return the due date, and the text where it, or its time zone, is none that we know."""
    plain = " ".join(text.replace(",", " ").split())
    is_utc = plain.endswith("Z")
    for form, has_time in _FORMS:
        try:
            at = datetime.strptime(plain.removesuffix("Z"), form)  # noqa: DTZ007 - a local time
        except ValueError:
            continue
        if not is_usual_year(at.year):
            break
        zone = ("UTC" if is_utc else known_timezone(timezone)) if has_time else None
        is_unknown = has_time and zone is None and timezone != ""
        due = {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}" if has_time else None, "timezone": zone}
        return due, f"{text} ({timezone})" if is_unknown else ""
    return None, text
