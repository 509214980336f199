"""Preferences: by which channels a user is told of what, and when not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from app.notifications.kinds import (
    CHOSEN_KINDS,
    DEFAULT_CHANNELS,
    REQUIRED_CHANNELS,
    URGENT_KINDS,
    ChannelName,
    Kind,
)
from app.notifications.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user has chosen; `revision` is that of the last choice, 0 before the first.

    `unsubscribe_key` proves that a link to unsubscribe came from one of our mails to this user.
    """

    chosen: Mapping[Kind, frozenset[ChannelName]] = field(
        default_factory=lambda: {kind: DEFAULT_CHANNELS[kind] for kind in CHOSEN_KINDS}
    )
    quiet_hours: QuietHours | None = None
    digest_at: time | None = None
    revision: int = 0
    unsubscribe_key: bytes | None = field(default=None, repr=False)

    def channels_for(self, kind: Kind) -> frozenset[ChannelName]:
        """Return the channels by which the user is told of this kind."""
        return self.chosen.get(kind, DEFAULT_CHANNELS[kind]) | REQUIRED_CHANNELS.get(kind, frozenset())

    def earliest(self, kind: Kind, now: datetime, timezone: str) -> datetime:
        """Return when the user may be told outside the app: now, or when the quiet hours end."""
        if self.quiet_hours is None or kind in URGENT_KINDS:
            return now
        return self.quiet_hours.end_after(now, timezone) or now
