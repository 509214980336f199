"""The days of a rule: those that python-dateutil finds by itself, but never after a search without an end."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import dateutil.rrule
import pytest
from dateutil.rrule import rrulestr
from hypothesis import find, given, settings
from hypothesis import strategies as st

from app.tasks import occurrences
from app.tasks.occurrences import SEARCH_YEARS, days_after
from app.tasks.recurrence_rule import MAX_INTERVAL, RecurrenceRule, parse_rule
from tests.factories.recurrence_rules import rules

# dateutil searches until the year 9999, which is not far from these. The calendar repeats itself every 400 years.
STARTS = st.dates(date(9988, 1, 1), date(9997, 12, 31))
LAST_YEAR = 9998
COMPARED = 30


def days_by_dateutil(rule: RecurrenceRule, start: date) -> list[date]:
    """The first days after `start` as dateutil has them, counted from the beginning of the first week."""
    opening = start
    if rule.frequency == "WEEKLY":
        # Otherwise BYDAY would be that of the beginning, and BYSETPOS about a part of the first week.
        rule = rule if rule.by_day else replace(rule, by_day=((0, start.weekday()),))
        opening -= timedelta(days=(start.weekday() - rule.week_start) % 7)
    moments = rrulestr(str(without_mixed_days(rule)), dtstart=datetime.fromisoformat(str(opening)))
    later = (moment.date() for moment in until_the_end(iter(moments)) if moment.date() > start)
    return list(itertools.islice(itertools.takewhile(lambda day: day.year <= LAST_YEAR, later), COMPARED))


def until_the_end(moments: Iterator[datetime]) -> Iterator[datetime]:
    """The moments up to the last week that there is, whose end dateutil cannot name."""
    try:
        yield from moments
    except (ValueError, OverflowError):
        return


def without_mixed_days(rule: RecurrenceRule) -> RecurrenceRule:
    """The same with every week day counted if any is: of two kinds dateutil takes what is both."""
    if len({bool(ordinal) for ordinal, _ in rule.by_day}) < 2:
        return rule
    largest = 5 if rule.frequency == "MONTHLY" or rule.by_month else 53
    every = itertools.chain.from_iterable(
        [(ordinal, day)] if ordinal else itertools.product(range(1, largest + 1), [day])
        for ordinal, day in rule.by_day
    )
    return replace(rule, by_day=tuple(every))


def first_days(text: str, start: str, number: int = 4, after: str | None = None) -> list[str]:
    days = days_after(parse_rule(text), date.fromisoformat(start), date.fromisoformat(after or start))
    return [day.isoformat() for day in itertools.islice(days, number)]


class TestTheDaysOfARule:
    @given(rule=rules(), start=STARTS)
    @settings(max_examples=300, deadline=None)
    def test_are_those_of_dateutil(self, rule: RecurrenceRule, start: date) -> None:
        assert list(itertools.islice(days_after(rule, start, start), COMPARED)) == days_by_dateutil(rule, start)

    @pytest.mark.parametrize("part", ["interval", "week_start", "by_position", "by_day"])
    def test_are_compared_by_what_would_notice_a_wrong_part(self, part: str) -> None:
        """The control: for each part there are rules for which dateutil tells right from wrong."""
        wrong: dict[str, Any] = {"interval": 3, "week_start": 3, "by_position": (2,), "by_day": ((0, 2), (0, 5))}
        right = replace(parse_rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;BYSETPOS=1"), week_start=6)

        start = find(
            STARTS,
            lambda start: (
                list(itertools.islice(days_after(replace(right, **{part: wrong[part]}), start, start), 5))
                != days_by_dateutil(right, start)[:5]
            ),
        )

        assert list(itertools.islice(days_after(right, start, start), 5)) == days_by_dateutil(right, start)[:5]

    @given(rule=rules(), start=STARTS, later=st.integers(0, 1_000))
    @settings(max_examples=150, deadline=None)
    def test_that_come_after_another_day_are_the_rest(self, rule: RecurrenceRule, start: date, later: int) -> None:
        after = date.fromordinal(min(start.toordinal() + later, date(LAST_YEAR, 12, 31).toordinal()))

        rest = [day for day in days_after(rule, start, start) if day > after]

        assert list(days_after(rule, start, after)) == rest

    @given(rule=rules(), start=st.dates(date(1990, 1, 1), date(2090, 12, 31)))
    @settings(max_examples=200, deadline=None)
    def test_go_on_from_each_of_them_as_from_the_first(self, rule: RecurrenceRule, start: date) -> None:
        """Each task of a series begins it anew, and the series stays the same."""
        days = list(itertools.islice(days_after(rule, start, start), 8))

        assert [next(days_after(rule, day, day)) for day in days[:-1]] == days[1:]

    @pytest.mark.parametrize(
        ("rule", "start", "days"),
        [
            ("FREQ=DAILY", "2026-02-27", ["2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"]),
            ("FREQ=WEEKLY", "2026-12-22", ["2026-12-29", "2027-01-05", "2027-01-12", "2027-01-19"]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-11-25", ["2026-11-27", "2026-12-07", "2026-12-11"]),
            ("FREQ=MONTHLY", "2026-01-31", ["2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"]),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
            ("FREQ=MONTHLY;BYDAY=2TU,-1FR", "2026-11-27", ["2026-12-08", "2026-12-25", "2027-01-12", "2027-01-29"]),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-11-01", ["2026-11-30", "2026-12-31"]),
            ("FREQ=YEARLY", "2024-02-29", ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"]),
            ("FREQ=YEARLY;BYMONTH=3,9", "2026-01-15", ["2026-03-15", "2026-09-15", "2027-03-15", "2027-09-15"]),
            ("FREQ=YEARLY;BYYEARDAY=1,-1", "2026-06-01", ["2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01"]),
            ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", "2026-01-01", ["2026-12-31", "2032-12-30", "2037-12-31"]),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", ["2026-02-13", "2026-03-13", "2026-11-13"]),
        ],
    )  # fmt: skip
    def test_are_those_of_the_calendar(self, rule: str, start: str, days: list[str]) -> None:
        assert first_days(rule, start, len(days)) == days

    def test_are_of_either_kind_where_counted_and_plain_week_days_are_mixed(self) -> None:
        assert first_days("FREQ=MONTHLY;BYDAY=MO,2TU", "2026-12-01") == [
            *("2026-12-07", "2026-12-08", "2026-12-14", "2026-12-21"),
        ]

    def test_count_positions_in_the_whole_first_week(self) -> None:
        """So that a series whose every task begins it anew stays on Wednesdays."""
        assert first_days("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2026-11-25", 2) == ["2026-12-02", "2026-12-09"]

    def test_keep_the_beginnings_steps_however_late_one_asks(self) -> None:
        assert first_days("FREQ=WEEKLY;INTERVAL=2", "2000-01-03", 2, after="2026-11-23") == [
            "2026-11-30",
            "2026-12-14",
        ]

    def test_end_with_the_years_of_due_dates(self) -> None:
        assert first_days("FREQ=MONTHLY", "9998-10-15") == ["9998-11-15", "9998-12-15"]


class TestARuleThatNeverMatches:
    HOSTILE = (
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2025-01-01"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "2025-01-01"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2025-01-01"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-11-23"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA;BYSETPOS=31,-31", "2025-01-01"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYMONTH=7", "2025-01-01"),
        (f"FREQ=YEARLY;BYYEARDAY={','.join(map(str, range(1, 110)))};BYSETPOS=366", "2025-01-01"),
        (f"FREQ=DAILY;INTERVAL={MAX_INTERVAL};BYMONTHDAY=31;BYMONTH=2", "2025-01-01"),
        ("FREQ=WEEKLY;INTERVAL=900;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYMONTH=2;BYSETPOS=-1", "2025-01-01"),
    )

    @pytest.mark.parametrize(("rule", "start"), HOSTILE)
    def test_has_no_day(self, rule: str, start: str) -> None:
        assert first_days(rule, start) == []

    @pytest.mark.parametrize(("rule", "start"), HOSTILE)
    def test_costs_no_more_than_each_kind_of_year_once(
        self, rule: str, start: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Counted in rules that dateutil is given and days that are looked at, which no machine makes slower."""
        expansions, days = [], []
        rrule, matching_days = occurrences.rrule, occurrences._matching_days

        def count(*arguments: Any, **parts: Any) -> Any:
            expansion = rrule(*arguments, **parts)
            expansions.append(expansion)
            return expansion

        def look(*arguments: Any) -> Iterator[date]:
            days.extend(matching_days(*arguments))
            return iter(days)

        monkeypatch.setattr(occurrences, "rrule", count)
        monkeypatch.setattr(occurrences, "_matching_days", look)

        first_days(rule, start)

        assert len(expansions) <= 21  # a leap year, the one after it or another, with seven days to begin with
        assert len(days) <= (SEARCH_YEARS + 2) * 366

    def test_would_keep_dateutil_busy_until_the_last_year_that_there_is(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control: not even UNTIL would end the search."""
        years = []
        rebuild = dateutil.rrule._iterinfo.rebuild

        def note(details: Any, year: int, month: int) -> None:
            years.append(year)
            rebuild(details, year, month)

        monkeypatch.setattr(dateutil.rrule._iterinfo, "rebuild", note)
        rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99010101T000000"

        assert list(rrulestr(rule, dtstart=datetime.fromisoformat("9900-01-01"))) == []
        assert years == list(range(9900, 10_000))


class TestARuleThatHardlyEverMatches:
    def test_has_a_day_after_the_longest_wait_that_the_calendar_makes_for(self) -> None:
        rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"

        assert first_days(rule, "2072-02-29", 1) == ["2112-02-29"]

    def test_has_none_beyond_the_years_that_are_searched(self) -> None:
        assert first_days(f"FREQ=YEARLY;INTERVAL={SEARCH_YEARS}", "2026-11-23") == ["2076-11-23"]
        assert first_days(f"FREQ=YEARLY;INTERVAL={SEARCH_YEARS + 1}", "2026-11-23") == []
