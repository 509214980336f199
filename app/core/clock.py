"""The clock: every instant that the service stores or compares comes from one injected source."""

import functools
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

_EPOCH = date(1970, 1, 1)


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


# Most instants of a page of tasks lie within some days.
@functools.lru_cache(maxsize=4_096)
def _format_day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def format_milliseconds(milliseconds: int) -> str:
    """Return what `format_instant` does, of the milliseconds since 1970 that BSON holds, in half the time."""
    days, rest = divmod(milliseconds, 86_400_000)
    seconds, thousandths = divmod(rest, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{_format_day(days)}T{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}Z"


def format_instant(instant: datetime) -> str:
    """Return RFC 3339 text in UTC with milliseconds and `Z`, the only form that the API speaks."""
    text = instant.isoformat(timespec="milliseconds")
    if not text.endswith("+00:00"):  # what comes from the database is in UTC already
        text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
