"""The columns of an exported CSV file, and how values become cells and cells become values again."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = (
    *("id", "title", "notes", "status", "priority", "due_date", "due_time", "due_timezone"),
    *("recurrence", "reminders", "labels", "list", "list_id", "parent_id", "position"),
    *("completed_at", "created_at", "updated_at"),
)

# Spreadsheets take a cell that begins with one of these for a formula (OWASP, "CSV Injection"). In many countries
# they read a file by the semicolon, some by the tab, and then a cell begins behind each, or on a new line, although
# here it is within one; quotation marks do not count. Apostrophes count as well as what is behind them, or a text
# that has one could not be told from one that was given to it.
_BEGINNING = r"(?:\A|(?<=[;\t\r\n]))"
_FORMULA = "(?=[\"']*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_UNESCAPED = re.compile(_BEGINNING + _FORMULA)
_ESCAPED = re.compile(f"{_BEGINNING}'{_FORMULA}")

_LINE_END = "\r\n"


def escape_cell(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would begin to calculate."""
    return _UNESCAPED.sub("'", text)


def unescape_cell(cell: str) -> str:
    """Return the text that `escape_cell` was given."""
    return _ESCAPED.sub("", cell)


def to_row(task: Mapping[str, Any], list_name: str | None) -> list[str]:
    """Return the cells of an exported task (`represent_portable_task`), in the order of `COLUMNS`."""
    due = task["due"] or {}
    cells: dict[str, object] = {
        **task,
        **{f"due_{part}": due.get(part) for part in ("date", "time", "timezone")},
        "recurrence": _to_json(task["recurrence"]),
        "reminders": _to_json(task["reminders"]),
        "labels": join_cell(task["labels"]),
        "list": list_name,
    }
    return [escape_cell("" if cells[name] is None else str(cells[name])) for name in COLUMNS]


def _to_json(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def to_lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as CSV (RFC 4180), in UTF-8."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


def join_cell(texts: Sequence[str]) -> str:
    """Return several texts in one cell, which is itself a line of CSV: `home,"a,b"`."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator=_LINE_END).writerow(texts)  # whose characters are quoted in texts
    return line.getvalue().removesuffix(_LINE_END)


def split_cell(cell: str) -> list[str]:
    """Return the texts that `join_cell` was given. Raises `ValueError` for what it cannot have made."""
    try:
        rows = list(csv.reader(io.StringIO(cell, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"is not a line of CSV: {error}") from None
    if len(rows) > 1:
        raise ValueError("is more than one line of CSV")
    return rows[0] if rows else []
