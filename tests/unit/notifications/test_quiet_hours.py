"""Quiet hours and daily times by the clocks of a zone, on every kind of night that a zone can have."""

import functools
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.notifications.quiet_hours import QuietHours, next_local_time

# North and south, half hours, changes at midnight (Beirut, Cairo, Havana, Santiago), of half an hour (Lord Howe), and
# zones without any.
ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/Asuncion",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_START, _HOURS = datetime(2023, 1, 1, tzinfo=UTC), 4 * 366 * 24
# No zone has set its clocks further in these years.
_LARGEST_JUMP = HOUR

zones = st.sampled_from(ZONES)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def instants(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a whole minute, more often than not within a day of a change of its clocks."""
    name = draw(zones)
    anywhere = st.integers(0, 4 * 366 * 24 * 60).map(
        lambda minutes: datetime(2023, 1, 1, tzinfo=UTC) + minutes * MINUTE
    )
    changes = changes_of(name)
    if not changes:
        return name, draw(anywhere)
    near = st.tuples(st.sampled_from(changes), st.integers(-26 * 60, 26 * 60))
    return name, draw(anywhere | near.map(lambda drawn: drawn[0] + drawn[1] * MINUTE))


@functools.cache
def changes_of(name: str) -> list[datetime]:
    """When the zone's clocks are set, to the minute, from 2023 to 2026."""
    zone = ZoneInfo(name)
    hours = (_START + HOUR * number for number in range(_HOURS))
    before = [hour for hour in hours if offset(zone, hour) != offset(zone, hour + HOUR)]
    return [first(hour, lambda at, hour=hour: offset(zone, at) != offset(zone, hour)) for hour in before]


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def first(start: datetime, is_wanted: Callable[[datetime], bool], days: int = 3) -> datetime:
    """The first minute from `start` on of which something is true: looked for one by one."""
    for minutes in range(days * 24 * 60):
        if is_wanted(start + minutes * MINUTE):
            return start + minutes * MINUTE
    raise AssertionError("there is none")


def shown(at: datetime, name: str) -> time:
    """What clocks in the zone show."""
    return at.astimezone(ZoneInfo(name)).time()


def is_quiet(quiet: QuietHours, at: datetime, name: str) -> bool:
    """Whether the time shown is one of the quiet ones, counted round the clock."""
    minutes = [moment.hour * 60 + moment.minute for moment in (quiet.start, quiet.end, shown(at, name))]
    return (minutes[2] - minutes[0]) % 1440 < (minutes[1] - minutes[0]) % 1440


def local(name: str, *parts: int, fold: int = 0) -> datetime:
    """The instant, in UTC, at which clocks in the zone show this."""
    return datetime(*parts, tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]


CASES = [
    ("Europe/Paris", local("Europe/Paris", 2026, 3, 29, 1, 30)),
    ("Europe/Paris", local("Europe/Paris", 2026, 10, 25, 1, 30)),
    ("America/Santiago", local("America/Santiago", 2026, 4, 4, 22, 30)),
    ("Africa/Cairo", local("Africa/Cairo", 2026, 4, 23, 23, 30)),
]


class TestTheNextLocalTime:
    @given(place=instants(), at=times)
    @example(place=CASES[0], at=time(2, 30))
    @example(place=CASES[1], at=time(2, 30))
    @example(place=CASES[3], at=time(0, 30))
    def test_is_the_first_minute_at_which_clocks_show_it(self, place: tuple[str, datetime], at: time) -> None:
        name, now = place
        found = next_local_time(at, now, name)
        assert found > now
        if shown(found, name) != at:
            # It is skipped: the clock was set forward over it, and shows as much more.
            skipped = offset(ZoneInfo(name), found) - offset(ZoneInfo(name), found - _LARGEST_JUMP - HOUR)
            assert timedelta() < skipped <= _LARGEST_JUMP
            assert shown(found, name) == (datetime.combine(found, at) + skipped).time()
        elif found.astimezone(ZoneInfo(name)).fold == 0:
            expected = first(now + MINUTE, lambda minute: shown(minute, name) == at)
            # But for what comes the second time, after `now` has passed the first.
            assert expected == found or expected.astimezone(ZoneInfo(name)).fold == 1
        else:
            raise AssertionError("what comes twice counts once")

    @given(place=instants(), at=times)
    @example(place=CASES[0], at=time(2, 30))
    @example(place=CASES[1], at=time(2, 30))
    @example(place=CASES[2], at=time(23, 30))
    def test_comes_once_on_every_day(self, place: tuple[str, datetime], at: time) -> None:
        name, now = place
        days = []
        for _ in range(4):
            now = next_local_time(at, now, name)
            days.append(now.astimezone(ZoneInfo(name)).date())
        assert [later - earlier for earlier, later in itertools.pairwise(days)] == [DAY] * 3

    @pytest.mark.parametrize(
        ("name", "now", "at", "expected"),
        [
            # Skipped: by the offset before, so that clocks show as much later.
            ("Europe/Paris", (2026, 3, 28, 12), time(2, 30), (2026, 3, 29, 3, 30)),
            ("Europe/Paris", (2026, 3, 29, 3, 30), time(2, 30), (2026, 3, 30, 2, 30)),
            ("Australia/Sydney", (2026, 10, 3, 12), time(2, 30), (2026, 10, 4, 3, 30)),
            ("Australia/Lord_Howe", (2026, 10, 3, 12), time(2, 15), (2026, 10, 4, 2, 45)),
            # Skipped at midnight, by zones that do.
            ("Africa/Cairo", (2026, 4, 23, 12), time(0, 15), (2026, 4, 24, 1, 15)),
            ("America/Santiago", (2026, 9, 5, 12), time(0, 0), (2026, 9, 6, 1, 0)),
            # Twice: the first time.
            ("Europe/Paris", (2026, 10, 24, 12), time(2, 30), (2026, 10, 25, 2, 30)),
            ("Europe/Paris", (2026, 10, 25, 2, 30), time(2, 30), (2026, 10, 26, 2, 30)),
            ("Africa/Cairo", (2026, 10, 29, 12), time(23, 30), (2026, 10, 29, 23, 30)),
            # A zone that gave up summer time in 2024.
            ("America/Asuncion", (2026, 3, 21, 12), time(8), (2026, 3, 22, 8)),
            ("America/Asuncion", (2023, 9, 30, 12), time(0, 0), (2023, 10, 1, 1, 0)),
        ],
        ids=str,
    )
    def test_of_known_nights(self, name: str, now: tuple[int, ...], at: time, expected: tuple[int, ...]) -> None:
        assert next_local_time(at, local(name, *now), name) == local(name, *expected)

    def test_of_now_is_tomorrows(self) -> None:
        now = local("Europe/Paris", 2026, 6, 1, 8)
        assert next_local_time(time(8), now, "Europe/Paris") == now + DAY
        assert next_local_time(time(8), now - timedelta(milliseconds=1), "Europe/Paris") == now


class TestQuietHours:
    @given(place=instants(), start=times, end=times)
    @example(place=CASES[0], start=time(1), end=time(2, 30))
    @example(place=CASES[1], start=time(1), end=time(2, 30))
    @example(place=CASES[2], start=time(22), end=time(0))
    @example(place=CASES[3], start=time(22), end=time(0))
    def test_end_when_clocks_show_no_quiet_time_any_more(
        self, place: tuple[str, datetime], start: time, end: time
    ) -> None:
        if start == end:
            return
        (name, now), quiet = place, QuietHours(start, end)
        found = quiet.end_after(now, name)
        if not is_quiet(quiet, now, name):
            assert found is None
            return
        assert found is not None
        assert found > now
        # Nothing is told in a quiet time, nor is anything kept for longer than clocks were set.
        assert not is_quiet(quiet, found, name)
        loud = first(now, lambda minute: not is_quiet(quiet, minute, name))
        assert loud <= found <= loud + _LARGEST_JUMP
        assert quiet.end_after(found, name) is None

    @pytest.mark.parametrize(
        ("name", "hours", "now", "expected"),
        [
            ("Europe/Paris", ("22:00", "07:00"), (2026, 6, 1, 23), (2026, 6, 2, 7)),
            ("Europe/Paris", ("22:00", "07:00"), (2026, 6, 1, 22), (2026, 6, 2, 7)),
            ("Europe/Paris", ("22:00", "07:00"), (2026, 6, 1, 7), None),
            ("Europe/Paris", ("22:00", "07:00"), (2026, 6, 1, 21, 59, 59), None),
            ("Europe/Paris", ("12:00", "14:00"), (2026, 6, 1, 13), (2026, 6, 1, 14)),
            ("Europe/Paris", ("12:00", "14:00"), (2026, 6, 1, 14), None),
            # Over the changes of the clocks: an hour less, an hour more.
            ("Europe/Paris", ("22:00", "07:00"), (2026, 3, 28, 23), (2026, 3, 29, 7)),
            ("Europe/Paris", ("22:00", "07:00"), (2026, 10, 24, 23), (2026, 10, 25, 7)),
            # The end is skipped.
            ("Europe/Paris", ("22:00", "02:30"), (2026, 3, 29, 1), (2026, 3, 29, 3, 30)),
            # In a midnight that there is not, and in one that comes after an hour that comes twice.
            ("Africa/Cairo", ("20:00", "00:00"), (2026, 4, 23, 21), (2026, 4, 24, 1)),
            ("Africa/Cairo", ("20:00", "00:00"), (2026, 10, 29, 21), (2026, 10, 30, 0)),
            ("America/Santiago", ("22:00", "07:00"), (2026, 9, 5, 23), (2026, 9, 6, 7)),
            ("America/Santiago", ("22:00", "07:00"), (2026, 4, 4, 23), (2026, 4, 5, 7)),
        ],
        ids=str,
    )
    def test_of_known_nights(
        self, name: str, hours: tuple[str, str], now: tuple[int, ...], expected: tuple[int, ...] | None
    ) -> None:
        quiet = QuietHours(*map(time.fromisoformat, hours))
        assert quiet.end_after(local(name, *now), name) == (expected and local(name, *expected))

    def test_come_again_with_the_hour_that_comes_twice(self) -> None:
        name, quiet = "Europe/Paris", QuietHours(time(22), time(2, 30))
        assert quiet.end_after(local(name, 2026, 10, 25, 1), name) == local(name, 2026, 10, 25, 2, 30)
        assert quiet.end_after(local(name, 2026, 10, 25, 2, 45), name) is None
        again = local(name, 2026, 10, 25, 2, 15, fold=1)
        assert quiet.end_after(again, name) == local(name, 2026, 10, 25, 2, 30, fold=1)
