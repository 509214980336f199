"""What is said of an occasion, the same in every channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.data.database import Document
from app.notifications.channel import Message


@dataclass(frozen=True, slots=True)
class Told:
    """A line that says what it is, and what there is to know beside it, in lines of plain text (may be empty)."""

    title: str
    body: str


def tell(message: Message, timezone: str) -> Told:
    """Return what is said, with times as clocks in the zone show them. Raises `ValueError` for what is not known."""
    content = message.content
    match message.occasion:
        case "reminder":
            return Told(content["title"], _tell_due(content["due"], content["due_at"], timezone))
        case "welcome":
            return Told("Welcome to Taskfleet", "Add your first task, and tell it when to remind you.")
        case "security.new-device":
            return Told("New sign-in to your account", _tell_sign_in(message, timezone))
        case "security.refresh-token-reused":
            return Told("A session of yours was ended", _tell_reuse(message, timezone))
        case "digest":
            return _tell_digest(content)
        case _:
            raise ValueError(f"unknown occasion {message.occasion!r}")


def _tell_due(due: Document | None, due_at: datetime | None, timezone: str) -> str:
    if due is None or due_at is None:
        return ""
    if due["time"] is None:
        return f"Due on {format_day(date.fromisoformat(due['date']))}"
    return f"Due on {format_moment(due_at, timezone)}"


def _tell_sign_in(message: Message, timezone: str) -> str:
    device = message.content["user_agent"] or "an unknown program"
    return (
        f"On {format_moment(message.at, timezone)}, from {device}.\n"
        "If that was not you, sign out everywhere in the settings and change your password at your provider."
    )


def _tell_reuse(message: Message, timezone: str) -> str:
    return (
        f"On {format_moment(message.at, timezone)} somebody used a sign-in that had been renewed, as happens when it "
        "was copied, so the session was ended.\nIf you do not know why, sign out everywhere in the settings."
    )


def _tell_digest(content: Mapping[str, Any]) -> Told:
    due, overdue = content["due_today_count"], content["overdue_count"]
    parts = [f"{due} due today"] if due else []
    parts += [f"{overdue} overdue"] if overdue else []
    lines = [f"Today: {title}" for title in content["due_today"]] + [
        f"Overdue: {title}" for title in content["overdue"]
    ]
    hidden = due + overdue - len(lines)
    if hidden > 0:
        lines.append(f"and {hidden} more")
    return Told(f"Your day: {', '.join(parts)}", "\n".join(lines))


def format_moment(at: datetime, timezone: str) -> str:
    """Return an instant as people of a zone write it: `Tuesday, 1 December 2026, 09:30 (Europe/Paris)`."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{format_day(local.date())}, {_format_time(local.time())} ({timezone})"


def format_day(day: date) -> str:
    """Return a day with its weekday: `Tuesday, 1 December 2026`."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _format_time(moment: time) -> str:
    return moment.strftime("%H:%M")
