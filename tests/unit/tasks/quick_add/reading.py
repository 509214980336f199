"""Lines as they are read on the Monday on which all tests begin."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.tasks.quick_add.reading import QuickTask, read_quick_task

NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
WORK, HOME = UUID(int=1), UUID(int=2)
LISTS = ((WORK, "Work"), (HOME, "Home stuff"))


def read(text: str, now: datetime = NOON) -> QuickTask:
    """Read a line as Ann means it, who has two lists."""
    return read_quick_task(text, now, LISTS)


def due(text: str, now: datetime = NOON) -> str:
    """Return when the task of a line is due, such as `2026-11-24 09:00`; nothing when it is not."""
    moment = read(text, now).due
    if moment is None:
        return ""
    return f"{moment.day}" if moment.at is None else f"{moment.day} {moment.at:%H:%M}"


def understood(text: str, now: datetime = NOON) -> list[tuple[str, str]]:
    """Return the kinds of what was understood, each with its part of the text."""
    return [(span.kind, text[span.start : span.end]) for span in read(text, now).spans]
