"""The daily digest: one waiting entry for each user who wants it, which moves on to the next day when it is told."""

from datetime import time

from app.data.changes import Change
from app.data.database import Database
from app.data.outbox import OutboxEntry, derive_id
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import next_local_time

DIGEST = "digest"


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
    change.outbox.put_off(OutboxEntry(change.user_id, DIGEST, "", at))


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
