"""How the body of an import is described: the one body whose shape depends on a parameter."""

from typing import Any

_OBJECTS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}

_TASKFLEET: dict[str, Any] = {
    "title": "TaskfleetFile",
    "type": "object",
    "properties": {
        "format": {"const": "taskfleet"},
        "version": {"const": 1},
        "profile": {"type": "object"},
        "lists": _OBJECTS,
        "tasks": _OBJECTS,
    },
    "required": ["format", "version", "lists", "tasks"],
    "additionalProperties": False,
}

# Files of others, who add members whenever they like.
_GOOGLE_TASKS: dict[str, Any] = {
    "title": "GoogleTasksFile",
    "type": "object",
    "properties": {"items": _OBJECTS},
    "required": ["items"],
}
_MICROSOFT_TODO: dict[str, Any] = {
    "title": "MicrosoftTodoFile",
    "type": "object",
    "properties": {"value": _OBJECTS},
    "required": ["value"],
}
_VIKUNJA: dict[str, Any] = {"title": "VikunjaFile", **_OBJECTS}

IMPORT_BODY: dict[str, Any] = {
    "required": True,
    "description": "The file itself; its type follows from the format",
    "content": {
        "application/json": {
            "schema": {
                "description": "What `GET /me/export` returns, or a file of another service as docs/import.md has it",
                "anyOf": [_TASKFLEET, _GOOGLE_TASKS, _MICROSOFT_TODO, _VIKUNJA],
            },
            "example": {
                "format": "taskfleet",
                "version": 1,
                "lists": [{"id": "home", "name": "Home"}],
                "tasks": [{"id": "milk", "title": "Buy milk", "list_id": "home"}],
            },
        },
        "text/csv": {"schema": {"type": "string"}, "example": "title,due_date\nBuy milk,2026-12-01\n"},
    },
}
