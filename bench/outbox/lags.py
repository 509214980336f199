"""The arithmetic of the lags: when reminders are due, and how late they were told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.errors import BenchError
from bench.figures import percentile


@dataclass(frozen=True)
class Lags:
    """How late what was told was, in milliseconds; `told` is how many reminders that were."""

    told: int
    p50_ms: float
    p99_ms: float
    max_ms: float


def spread_evenly(begin: datetime, rate: int, seconds: int) -> Sequence[datetime]:
    """Return the instants at which reminders are due, so many a second, to the millisecond that MongoDB keeps."""
    return [begin + timedelta(milliseconds=1000 * number // rate) for number in range(rate * seconds)]


def find_lags(due: Sequence[datetime], told: Mapping[int, datetime]) -> Lags:
    """Compare when reminders were due with when they were told, by their numbers.

    What was not told has no lag, however long it waits. Raises `BenchError` when nothing was told.
    """
    lags = [(told[number] - at).total_seconds() * 1000 for number, at in enumerate(due) if number in told]
    if not lags:
        raise BenchError("no reminder was told")
    return Lags(len(lags), percentile(lags, 0.5), percentile(lags, 0.99), max(lags))
