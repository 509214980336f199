"""Recurrence rules as text: read in any form, kept in one, refused with a sentence that helps."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings

from app.tasks.recurrence_rule import MAX_COUNT, MAX_INTERVAL, RecurrenceRule, canonical_rule, parse_rule
from tests.factories.recurrence_rules import rules


class TestTheCanonicalForm:
    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO"),
            ("rrule:freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"),
            ("BYDAY=WE,MO,WE;INTERVAL=02;FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"),
            ("FREQ=DAILY;INTERVAL=1;WKST=MO", "FREQ=DAILY"),
            ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1,+15,1", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
            ("FREQ=MONTHLY;BYDAY=-1FR,2TU,+1TU,SA", "FREQ=MONTHLY;BYDAY=SA,1TU,2TU,-1FR"),
            ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3"),
            ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
            ("FREQ=DAILY;UNTIL=20261231t225900z", "FREQ=DAILY;UNTIL=20261231T225900Z"),
            ("FREQ=DAILY;UNTIL=20261231T235900", "FREQ=DAILY;UNTIL=20261231T235900"),
            (
                "BYSETPOS=-1;BYDAY=MO;BYMONTHDAY=1;BYYEARDAY=1;BYMONTH=1;FREQ=YEARLY",
                "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=1;BYMONTHDAY=1;BYDAY=MO;BYSETPOS=-1",
            ),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
        ],
    )
    def test_is_one_for_all_ways_to_write_a_rule(self, text: str, canonical: str) -> None:
        assert canonical_rule(text) == canonical
        assert canonical_rule(canonical) == canonical

    @given(rule=rules())
    @settings(deadline=None)
    def test_reads_back_as_the_same_rule(self, rule: RecurrenceRule) -> None:
        assert parse_rule(str(rule)) == rule

    def test_of_different_rules_differs(self) -> None:
        """The control: nothing that matters is dropped."""
        texts = [
            *("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;COUNT=2", "FREQ=WEEKLY;UNTIL=20261231"),
            *("FREQ=WEEKLY;UNTIL=20261231T000000Z", "FREQ=WEEKLY;UNTIL=20261231T000000", "FREQ=WEEKLY;BYDAY=TU"),
            *("FREQ=WEEKLY;WKST=SU", "FREQ=WEEKLY;BYMONTH=3", "FREQ=WEEKLY;BYDAY=TU;BYSETPOS=1", "FREQ=DAILY"),
        ]

        assert len({canonical_rule(text) for text in texts}) == len(texts)


class TestTheEndOfASeries:
    def test_is_a_day_an_instant_or_a_local_time(self) -> None:
        untils = [parse_rule(f"FREQ=DAILY;UNTIL=20261231{rest}").until for rest in ("", "T120000Z", "T120000")]

        noon = datetime(2026, 12, 31, 12, tzinfo=UTC)
        assert untils == [date(2026, 12, 31), noon, noon.replace(tzinfo=None)]


class TestARuleThatCannotBe:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "joined by ';'"),
            ("DAILY", "joined by ';'"),
            ("FREQ=", "joined by ';'"),
            ("FREQ=DAILY;", "joined by ';'"),
            ("FREQ=DAILY;;COUNT=2", "joined by ';'"),
            ("RRULE:RRULE:FREQ=DAILY", "is no part of a rule"),
            ("EXRULE:FREQ=DAILY", "is no part of a rule"),
            ("BYDAY=MO", "must have a FREQ"),
            ("FREQ=FORTNIGHTLY", "one of DAILY, WEEKLY, MONTHLY, YEARLY"),
            ("FREQ=DAİLY", "ASCII"),
            ("FREQ=SECONDLY", "once a day at most"),
            ("FREQ=MINUTELY", "once a day at most"),
            ("FREQ=HOURLY;INTERVAL=24", "once a day at most"),
            ("FREQ=DAILY;BYHOUR=9", "time of day is that of the due date"),
            ("FREQ=DAILY;BYMINUTE=0", "time of day is that of the due date"),
            ("FREQ=DAILY;BYSECOND=0", "time of day is that of the due date"),
            ("FREQ=YEARLY;BYEASTER=1", "'BYEASTER' is no part"),
            ("FREQ=DAILY;X-NAME=1", "'X-NAME' is no part"),
            (f"FREQ=DAILY;{'X' * 400}=1", f"'{'X' * 20}' is no part"),
            ("FREQ=DAILY;FREQ=DAILY", "FREQ stands there twice"),
            ("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", "BYDAY stands there twice"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "exclude each other"),
            ("FREQ=DAILY;INTERVAL=0", f"from 1 to {MAX_INTERVAL}"),
            ("FREQ=DAILY;INTERVAL=-1", f"from 1 to {MAX_INTERVAL}"),
            (f"FREQ=DAILY;INTERVAL={MAX_INTERVAL + 1}", f"from 1 to {MAX_INTERVAL}"),
            ("FREQ=DAILY;INTERVAL=1.5", f"from 1 to {MAX_INTERVAL}"),
            (f"FREQ=DAILY;INTERVAL={'9' * 400}", f"from 1 to {MAX_INTERVAL}"),
            ("FREQ=DAILY;COUNT=0", f"from 1 to {MAX_COUNT}"),
            (f"FREQ=DAILY;COUNT={MAX_COUNT + 1}", f"from 1 to {MAX_COUNT}"),
            ("FREQ=DAILY;UNTIL=2026-12-31", "such as 20261231"),
            ("FREQ=DAILY;UNTIL=20260230", "such as 20261231"),
            ("FREQ=DAILY;UNTIL=20261231T240000Z", "such as 20261231"),
            ("FREQ=DAILY;UNTIL=20261231T09:00Z", "such as 20261231"),
            ("FREQ=DAILY;UNTIL=99990101", "such as 20261231"),
            ("FREQ=DAILY;UNTIL=00010101T000000Z", "such as 20261231"),
            ("FREQ=YEARLY;BYMONTH=0", "BYMONTH must be numbers from 1 to 12"),
            ("FREQ=YEARLY;BYMONTH=13", "BYMONTH must be numbers from 1 to 12"),
            ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH must be numbers from 1 to 12, joined"),
            ("FREQ=YEARLY;BYMONTH=1,", "BYMONTH must be numbers from 1 to 12"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "from -31 to -1 to count from the end"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be numbers from 1 to 31"),
            ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY must be numbers from 1 to 366"),
            ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO must be numbers from 1 to 53"),
            ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS must be numbers from 1 to 366"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among"),
            ("FREQ=DAILY;BYDAY=MO;BYSETPOS=2", "BYSETPOS must not count beyond 1: no period"),
            ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-3", "BYSETPOS must not count beyond 2: no period"),
            ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=32", "BYSETPOS must not count beyond 31: no period"),
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY must be week days such as MO"),
            ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY must be week days such as MO"),
            ("FREQ=YEARLY;BYDAY=54MO", "BYDAY must be week days such as MO"),
            ("FREQ=MONTHLY;BYDAY=6MO", "must not count beyond 5 in a month"),
            ("FREQ=YEARLY;BYMONTH=12;BYDAY=53MO", "must not count beyond 5 in a month"),
            ("FREQ=WEEKLY;BYDAY=1MO", "FREQ=MONTHLY or YEARLY alone"),
            ("FREQ=DAILY;BYDAY=-1MO", "FREQ=MONTHLY or YEARLY alone"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "does not go with BYWEEKNO"),
            ("FREQ=MONTHLY;BYWEEKNO=20", "BYWEEKNO goes with FREQ=YEARLY alone"),
            ("FREQ=DAILY;BYYEARDAY=100", "BYYEARDAY goes with FREQ=YEARLY alone"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY goes with FREQ=DAILY or MONTHLY or YEARLY alone"),
            ("FREQ=WEEKLY;WKST=1", "WKST must be one of MO"),
            ("FREQ=DAILY\n", "one of DAILY"),
            (" FREQ=DAILY", "is no part of a rule"),
        ],
    )
    def test_is_refused_with_its_reason(self, text: str, reason: str) -> None:
        with pytest.raises(ValueError, match=re.escape(reason)):
            parse_rule(text)
