"""Clocks that stand still until a test moves them."""

from datetime import UTC, datetime, timedelta

from app.core.clock import to_milliseconds

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class FakeClock:
    """Tells the time that it was told."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the instant that stands."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Jump to an instant, which may lie in the past."""
        self._now = to_milliseconds(instant.astimezone(UTC))

    def advance(self, seconds: float = 0, **units: float) -> None:
        """Move on by seconds and by what `timedelta` understands, such as `days=31`."""
        self.set(self._now + timedelta(seconds=seconds, **units))

    def reset(self) -> None:
        """Go back to the instant at which every test begins."""
        self._now = START


class Seconds:
    """A clock of seconds, for what takes a function such as `time.monotonic`; a test sets `now`."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
