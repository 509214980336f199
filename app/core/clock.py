"""The clock: every instant that the service stores or compares comes from one injected source."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current instant, UTC, cut to the milliseconds that BSON can hold."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, UTC, cut to the milliseconds that BSON can hold."""
        return to_milliseconds(datetime.now(UTC))


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to whole milliseconds, so that what is answered equals what is stored."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def format_instant(instant: datetime) -> str:
    """Return RFC 3339 text in UTC with milliseconds and `Z`, the only form that the API speaks.

    An instant without a zone is in UTC, as the database holds it.
    """
    text = instant.isoformat("T", "milliseconds")
    if instant.tzinfo is None:
        return text + "Z"
    if not text.endswith("+00:00"):  # what comes from the database is in UTC already
        text = instant.astimezone(UTC).isoformat("T", "milliseconds")
    return text.removesuffix("+00:00") + "Z"
