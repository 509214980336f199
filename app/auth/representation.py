"""Users, sessions and personal tokens as the API shows them."""

from typing import Any
from uuid import UUID

from app.auth.session_repository import SessionRecord
from app.auth.token_repository import TokenRecord
from app.auth.users import User
from app.core.clock import format_instant


def represent_profile(user: User) -> dict[str, Any]:
    """Return the JSON form of a user."""
    return {
        "id": str(user.user_id),
        "email": user.email,
        "name": user.name,
        "picture_url": user.picture_url,
        "role": user.role,
        "timezone": user.timezone,
        "locale": user.locale,
        "settings": user.read_settings(),
        "revision": user.revision,
        "created_at": format_instant(user.created_at),
    }


def represent_session(record: SessionRecord, current_id: UUID) -> dict[str, Any]:
    """Return the JSON form of a session; `current_id` is the session that asks."""
    return {
        "id": str(record.session_id),
        "created_at": format_instant(record.created_at),
        "last_used_at": format_instant(record.last_used_at),
        "user_agent": record.user_agent,
        "current": record.session_id == current_id,
    }


def represent_token(record: TokenRecord) -> dict[str, Any]:
    """Return the JSON form of a personal token, which never has the secret."""
    return {
        "id": str(record.token_id),
        "name": record.name,
        "scopes": list(record.scopes),
        "expires_at": None if record.expires_at is None else format_instant(record.expires_at),
        "created_at": format_instant(record.created_at),
        "last_used_at": None if record.last_used_at is None else format_instant(record.last_used_at),
        "hint": record.hint,
    }
