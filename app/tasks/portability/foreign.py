"""What readers of other services' files have in common: tasks whose values do not all have a place with us."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.api.timezones import check_timezone
from app.tasks.portability.errors import Place
from app.tasks.portability.records import RefusedRecord, TaskRecord

# The contract's numbers (app/tasks/schemas.py).
_MAX_TITLE, MAX_NOTES, _MAX_LABELS, _MAX_LABEL, _MAX_REMINDERS = 500, 20_000, 20, 50, 5
_NUL = "\x00"
# Services write 0001-01-01 for "never", which is the smallest instant of Go and of .NET; 9999 leaves no room for time
# zones and what follows a due date.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_NEVER = "0001-01-01"
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)

KEPT_IN_NOTES = "What has no place here ({}) is kept in the notes."
_SHORTENED_TITLE = "A title of more than 500 characters was shortened; the notes have it in full."
_CUT_NOTES = "Notes of more than 20,000 characters were cut."
_UNTITLED = "A task without a title is named Untitled."


@dataclass(slots=True)
class ForeignTask:
    """A task on its way to a `TaskRecord`; what is in `leftovers`, by name, goes into the notes.

    So do those of its instants that are none, which may be anything.
    """

    place: Place
    title: object
    key: str | None = None
    list_key: str | None = None
    parent_key: str | None = None
    # What the notes say of a parent that is not in the file, in place of its key.
    parent_title: object = None
    notes: object = ""
    is_done: bool = False
    in_progress: bool = False
    priority: int = 0
    due: Mapping[str, Any] | None = None
    labels: list[str] = field(default_factory=list)
    reminders: list[Mapping[str, Any]] = field(default_factory=list)
    completed_at: object = None
    created_at: object = None
    updated_at: object = None
    leftovers: dict[str, object] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def to_record(self) -> TaskRecord | RefusedRecord:
        """Return the task with everything that it cannot hold in its notes."""
        if not isinstance(self.title, str | None) or not isinstance(self.notes, str | None):
            return RefusedRecord(self.place, "Its title or its notes are no text.")
        title = self._fit_title((self.title or "").replace(_NUL, ""))
        self._fit_lists()
        created_at, updated_at = (
            self._fit_instant("Created", self.created_at),
            self._fit_instant("Changed", self.updated_at),
        )
        completed_at = self._fit_instant("Completed", self.completed_at)
        if completed_at is not None and not self.is_done:
            self.leftovers["Completed"], completed_at = completed_at, None
        members: dict[str, Any] = {
            "title": title,
            "notes": self._fit_notes(),
            "status": "done" if self.is_done else "in_progress" if self.in_progress else "todo",
            "priority": self.priority,
            "due": self.due,
            "labels": self.labels,
            "reminders": self.reminders,
            "completed_at": completed_at,
            "created_at": created_at,
            "updated_at": updated_at,
        }
        return TaskRecord(self.place, self.key, self.list_key, self.parent_key, members, notes=tuple(self.remarks))

    def _fit_title(self, title: str) -> str:
        if not title.strip():
            self.remarks.append(_UNTITLED)
            return "Untitled"
        if len(title) <= _MAX_TITLE:
            return title
        self.remarks.append(_SHORTENED_TITLE)
        self.leftovers["Title"] = title
        return title[: _MAX_TITLE - 1] + "…"

    def _fit_lists(self) -> None:
        fitting = [label for label in self.labels if 0 < len(label.strip()) <= _MAX_LABEL and _NUL not in label]
        kept = list(dict.fromkeys(fitting))[:_MAX_LABELS]
        if lost := [label for label in self.labels if label not in kept]:
            self.leftovers["Labels"] = ", ".join(lost)
        self.labels = kept
        if len(self.reminders) > _MAX_REMINDERS:
            self.leftovers["Reminders"] = self.reminders[_MAX_REMINDERS:]
            self.reminders = self.reminders[:_MAX_REMINDERS]

    def _fit_instant(self, name: str, value: object) -> str | None:
        self.leftovers[name] = unread(value)
        return to_instant(value)

    def _fit_notes(self) -> str:
        given = {name: value for name, value in self.leftovers.items() if value not in (None, "", [], {}, 0, False)}
        self.remarks += [KEPT_IN_NOTES.format(name.lower()) for name in given]
        lines = "\n".join(f"{name}: {_to_text(value)}" for name, value in given.items())
        notes = "\n\n".join(part for part in (str(self.notes or ""), lines) if part).replace(_NUL, "")
        if len(notes) > MAX_NOTES:
            self.remarks.append(_CUT_NOTES)
        return notes[:MAX_NOTES]


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def to_text(value: object) -> str | None:
    """Return an id or another short text of a file as text; None for what cannot be one."""
    return str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def to_instant(value: object) -> str | None:
    """Return an instant as RFC 3339 text; one without an offset is in UTC. None for anything else."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, time, fraction, offset = match.groups()
    # Some services write seven digits of a second.
    text = f"{day}T{time}{(fraction or '')[:7]}{offset or 'Z'}"
    try:
        year = datetime.fromisoformat(text).astimezone(UTC).year
    except (ValueError, OverflowError):
        return None
    return text if is_usual_year(year) else None


def is_usual_year(year: int) -> bool:
    """Tell whether a due date may be in a year; others mean "never", or nothing."""
    return _FIRST_YEAR <= year <= _LAST_YEAR


def unread(value: object) -> object:
    """Return what was given as an instant and is none; None for one that is, and for what means "never"."""
    is_never = value is None or (isinstance(value, str) and (not value or value.startswith(_NEVER)))
    return None if is_never or to_instant(value) is not None else value


def to_due(value: object, *, has_time: bool = True) -> dict[str, Any] | None:
    """Return the due date of an instant: the day that is written there, or with the time in UTC; None for others."""
    text = to_instant(value)
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if not has_time:
        return {"date": f"{at:%Y-%m-%d}", "time": None, "timezone": None}
    at = at.astimezone(UTC)
    return {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}", "timezone": "UTC"}


def known_timezone(name: object) -> str | None:
    """Return the name of a time zone if it is one of the IANA database."""
    try:
        return check_timezone(name) if isinstance(name, str) else None
    except ValueError:
        return None


def texts_of(value: object) -> list[str]:
    """Return what is text in an array, or nothing."""
    return [member for member in value if isinstance(member, str)] if isinstance(value, list) else []


def objects_of(value: object) -> list[dict[str, Any]]:
    """Return what is an object in an array, or nothing."""
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []
