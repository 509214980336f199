"""What is told about an import: counts, the first errors, and notes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from app.tasks.portability.errors import Place

# More than anybody mends by hand; the rest is counted.
MAX_ERRORS = 100
# Notes are fixed sentences, of which no format has as many.
_MAX_NOTES = 50


@dataclass(slots=True)
class Report:
    """Counts what becomes of the records of a file."""

    lists_created: int = 0
    tasks_created: int = 0
    tasks_skipped: int = 0
    tasks_failed: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    errors_left_off: int = 0
    notes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` returned."""
        notes = {note["detail"]: note["count"] for note in document["notes"]}
        return cls(**{**document, "notes": notes, "errors": list(document["errors"])})

    def to_document(self) -> dict[str, Any]:
        """Return the report as it is stored."""
        return {**asdict(self), "notes": self.list_notes()}

    def list_notes(self) -> list[dict[str, Any]]:
        """Return the notes as they are answered."""
        return [{"detail": detail, "count": count} for detail, count in self.notes.items()]

    def copy(self) -> Self:
        """Return a report that goes on from this one."""
        return replace(self, errors=list(self.errors), notes=dict(self.notes))

    def fail(self, place: Place, detail: str, *, is_task: bool = True) -> None:
        """Count what cannot be imported."""
        self.tasks_failed += is_task
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(place.describe(detail))
        else:
            self.errors_left_off += 1

    def note(self, detail: str) -> None:
        """Count what is imported otherwise than it was."""
        if detail in self.notes or len(self.notes) < _MAX_NOTES:
            self.notes[detail] = self.notes.get(detail, 0) + 1

    def add(self, other: "Report") -> None:
        """Count what another report counted, too."""
        self.lists_created += other.lists_created
        self.tasks_created += other.tasks_created
        self.tasks_skipped += other.tasks_skipped
        self.tasks_failed += other.tasks_failed
        room = MAX_ERRORS - len(self.errors)
        self.errors += other.errors[:room]
        self.errors_left_off += other.errors_left_off + max(len(other.errors) - room, 0)
        for detail, count in other.notes.items():
            self.notes[detail] = self.notes.get(detail, 0) + count
