"""Users and the audit as administrators are shown them."""

from typing import Any

from app.auth.admin_repository import ManagedUser, UserDetails
from app.core.clock import format_instant
from app.data.database import Document


def represent_user(user: ManagedUser) -> dict[str, Any]:
    """Return the JSON form of a user in a list."""
    return {
        "id": str(user.user_id),
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "disabled": user.is_disabled,
        "created_at": format_instant(user.created_at),
        "last_seen_at": None if user.last_seen_at is None else format_instant(user.last_seen_at),
        "revision": user.revision,
    }


def represent_details(details: UserDetails) -> dict[str, Any]:
    """Return the JSON form of one user."""
    return {**represent_user(details.user), "sessions": details.sessions, "tasks": details.user.tasks}


def represent_entry(entry: Document) -> dict[str, Any]:
    """Return an entry of the audit; `details` may hold whatever Pydantic makes JSON of."""
    return {
        "id": str(entry["_id"]),
        "at": format_instant(entry["at"]),
        "actor": {**entry["actor"], "id": _text(entry["actor"]["id"])},
        "action": entry["action"],
        "subject": {**entry["subject"], "id": _text(entry["subject"]["id"])},
        "details": entry["details"],
        "request_id": entry["request_id"],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
