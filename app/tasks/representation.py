"""How stored documents become what the API answers, whether their ids and instants were made objects or not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.clock import format_instant
from app.data.database import Document


def represent_task(document: Document) -> dict[str, Any]:
    """Return the JSON members of a task."""
    return {
        "id": _id(document["_id"]),
        **represent_editable(document),
        "due_at": _instant(document["due_at"]),
        "position": document["position"],
        "completed_at": _instant(document.get("completed_at")),
        "created_at": _instant(document["created_at"]),
        "updated_at": _instant(document["updated_at"]),
        "revision": document["revision"],
    }


def represent_editable(document: Document) -> dict[str, Any]:
    """Return the members of a task that its owner may write."""
    return {
        "title": document["title"],
        "notes": document["notes"],
        "status": document["status"],
        "priority": document["priority"],
        "due": document["due"],
        "recurrence": document.get("recurrence"),
        "reminders": [_represent_reminder(reminder) for reminder in document["reminders"]],
        "labels": document.get("labels", []),
        "list_id": _id(document["list_id"]),
        "parent_id": _id(document.get("parent_id")),
    }


def represent_occurrence(due: Document, due_at: datetime | None) -> dict[str, Any]:
    """Return the JSON members of a date on which a task comes again."""
    return {**due, "due_at": _instant(due_at)}


def represent_list(document: Document) -> dict[str, Any]:
    """Return the JSON members of a list."""
    return {
        "id": str(document["_id"]),
        "name": document["name"],
        "color": document["color"],
        "archived": document["archived"],
        "position": document["position"],
        "revision": document["revision"],
    }


def _represent_reminder(reminder: Document) -> dict[str, Any]:
    return {"at": _instant(reminder["at"])} if "at" in reminder else reminder


def _instant(value: datetime | None) -> str | None:
    return None if value is None else format_instant(value)


def _id(value: UUID | bytes | None) -> str | None:
    if isinstance(value, bytes):
        digits = value.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return None if value is None else str(value)
