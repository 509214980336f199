"""How notices and preferences look in answers."""

from datetime import datetime
from typing import Any

from app.core.clock import format_instant
from app.notifications.kinds import CHANNELS, CHOSEN_KINDS
from app.notifications.notices import Notice
from app.notifications.preferences import Preferences


def represent_notice(notice: Notice) -> dict[str, Any]:
    """Return the JSON object of a notice."""
    return {
        "id": str(notice.notice_id),
        "kind": notice.kind,
        "title": notice.title,
        "body": notice.body,
        "task_id": None if notice.task_id is None else str(notice.task_id),
        "created_at": format_instant(notice.created_at),
        "read_at": _format(notice.read_at),
        "revision": notice.revision,
    }


def represent_choice(preferences: Preferences) -> dict[str, Any]:
    """Return the JSON object of what a user chooses."""
    quiet_hours, digest_at = preferences.quiet_hours, preferences.digest_at
    return {
        "channels": {
            kind: {channel: channel in preferences.channels_for(kind) for channel in CHANNELS}
            for kind in CHOSEN_KINDS
        },
        "quiet_hours": None
        if quiet_hours is None
        else {"start": quiet_hours.start.isoformat("minutes"), "end": quiet_hours.end.isoformat("minutes")},
        "daily_digest": None if digest_at is None else {"time": digest_at.isoformat("minutes")},
    }


def represent_preferences(preferences: Preferences) -> dict[str, Any]:
    """Return the JSON object of preferences as they are told."""
    return {**represent_choice(preferences), "revision": preferences.revision}


def _format(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)
