"""The daily digest: one waiting entry for each user who wants it, which moves on to the next day when it is told."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time
from typing import Any, Literal
from uuid import UUID

from app.data.changes import Change
from app.data.database import Database
from app.data.outbox import OutboxEntry, derive_id
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import next_local_time

DIGEST: Literal["digest"] = "digest"

# What there is to do today, by the user, now and the zone; None if there is nothing.
Agenda = Callable[[UUID, datetime, str], Awaitable[Mapping[str, Any] | None]]


def follow_digest(change: Change, before: Preferences, after: Preferences) -> None:
    """Plan the digest, or withdraw it, if the choice of its time differs."""
    if before.digest_at == after.digest_at:
        return
    if after.digest_at is None:
        change.outbox.withdraw(change.user_id, derive_id(change.user_id, DIGEST, "", ""))
    else:
        plan_digest(change, after.digest_at, change.account.timezone)


def plan_digest(change: Change, digest_at: time, timezone: str) -> None:
    """Have the next digest told when clocks in the zone next show this time."""
    at = next_local_time(digest_at, change.at, timezone)
    change.outbox.put_off(OutboxEntry(change.user_id, DIGEST, "", at, is_bulk=True))


class DigestZones:
    """Follows users to other time zones. It needs the database alone, and so is at hand in every process."""

    def __init__(self, database: Database) -> None:
        self._preferences = PreferenceRepository(database)

    async def rezone(self, change: Change, timezone: str) -> bool:
        """Plan the digest by the clocks of another zone; return that there is no more to do."""
        preferences = await self._preferences.find(change.user_id, change.session)
        if preferences.digest_at is not None:
            plan_digest(change, preferences.digest_at, timezone)
        return False


class Digests:
    """Fills digests when they are told, and plans the next ones; a `Recurring` of `dispatch.py`."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def find_content(self, change: Change) -> Mapping[str, Any] | None:
        """Return what there is to do today; an empty day is not told."""
        return await self._agenda(change.user_id, change.at, change.account.timezone)

    def plan_next(self, change: Change, preferences: Preferences) -> None:
        """Plan the next one, if it was not turned off meanwhile."""
        if preferences.digest_at is not None:
            plan_digest(change, preferences.digest_at, change.account.timezone)
