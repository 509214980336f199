"""The document of an export: its name, its version, and what of lists and tasks stands in it.

`{"format": "taskfleet", "version": 1, "profile": {...}, "lists": [...], "tasks": [...]}`. There is nothing in it that
changes by itself, such as the instant of the export or a revision: what is exported, imported and exported again is
equal but for the ids.
"""

from typing import Any

from app.core.clock import format_instant
from app.data.database import Document
from app.tasks.representation import represent_editable, represent_list

FORMAT = "taskfleet"
# Raised when a reader of the version before could no longer read what is written.
VERSION = 1


def represent_portable_list(document: Document) -> dict[str, Any]:
    """Return the members of a list: `{id, name, color, archived, position}`."""
    members = represent_list(document)
    del members["revision"]
    return members


def represent_portable_task(document: Document) -> dict[str, Any]:
    """Return the members of a task: what its owner may write, place and instants, without what follows from them."""
    completed_at = document.get("completed_at")
    return {
        "id": str(document["_id"]),
        **represent_editable(document),
        "position": document["position"],
        "completed_at": None if completed_at is None else format_instant(completed_at),
        "created_at": format_instant(document["created_at"]),
        "updated_at": format_instant(document["updated_at"]),
    }
