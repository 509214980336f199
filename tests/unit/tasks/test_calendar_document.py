"""Tasks as events: what becomes of each field, read back by the library and looked at as text."""

import asyncio
import itertools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from app.data.database import Document
from app.tasks import calendar_document, calendar_recurrence
from app.tasks.calendar_document import MAX_NOTES_LENGTH, clean_text, make_event, write_calendar
from app.tasks.recurrence import following_dues
from app.tasks.recurrence_rule import RecurrenceRule, canonical_rule, parse_rule

TASK_ID = UUID("0198c7a2-6f00-7000-8000-000000000000")
CREATED, UPDATED = datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
DUE_AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
TIMED = {"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"}
OF_A_DAY = {"date": "2026-12-31", "time": None, "timezone": None}
PAGE = "https://tasks.example/all?task="


def make_task(**fields: Any) -> Document:
    return {
        "_id": TASK_ID,
        "title": "Buy milk",
        "notes": "",
        "priority": 0,
        "due": TIMED,
        "due_at": DUE_AT,
        "reminders": [],
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


async def write(*tasks: Document) -> bytes:
    return await write_calendar(tasks, "Europe/Paris", PAGE)


def read_back(task: Document) -> Event:
    """The event of a task after a journey as text."""
    content = asyncio.run(write(task))
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event


def lines_of(task: Document) -> list[str]:
    """The lines of the event of a task, unfolded (RFC 5545, section 3.1)."""
    return make_event(task, "Europe/Paris", PAGE).to_ical().decode().replace("\r\n ", "").split("\r\n")


class TestTheCalendar:
    async def test_says_what_it_is_and_how_often_it_is_worth_a_look(self) -> None:
        lines = (await write()).decode().split("\r\n")

        assert lines[0] == "BEGIN:VCALENDAR"
        assert lines[-2:] == ["END:VCALENDAR", ""]
        assert {
            "VERSION:2.0",
            "PRODID:-//Taskfleet//Calendar feed//EN",
            "CALSCALE:GREGORIAN",
            "NAME:Taskfleet",
            "X-WR-CALNAME:Taskfleet",
            "X-WR-TIMEZONE:Europe/Paris",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        } <= set(lines)

    async def test_is_what_the_library_writes_of_the_same_events(self) -> None:
        """It is put together from pieces, between which others have the event loop."""
        tasks = [make_task(_id=UUID(int=number), title=f"Task {number}") for number in range(3)]
        content = await write(*tasks)

        calendar = Calendar.from_ical(content)
        assert calendar.to_ical(sorted=False) == content
        assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == ["Task 0", "Task 1", "Task 2"]

    async def test_lets_others_have_the_event_loop(self) -> None:
        turns = 0

        async def count_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count_turns())
        await write(*(make_task(notes="x" * MAX_NOTES_LENGTH) for _ in range(300)))
        counting.cancel()

        # 300 events take at least 30 ms on any machine, and a turn is due every 2 ms.
        assert turns > 8


class TestTheEventOfATask:
    def test_keeps_its_identity_and_tells_when_it_changed(self) -> None:
        event = read_back(make_task())

        assert str(event["UID"]) == str(TASK_ID)
        assert event.decoded("DTSTAMP") == event.decoded("LAST-MODIFIED") == UPDATED
        assert event.decoded("CREATED") == CREATED

    def test_has_title_notes_labels_and_the_page_of_the_task(self) -> None:
        event = read_back(make_task(title="Buy milk", notes="Two *bottles*", labels=["home", "shop"]))

        assert str(event["SUMMARY"]) == "Buy milk"
        assert str(event["DESCRIPTION"]) == "Two *bottles*"
        assert event.categories == ["home", "shop"]
        assert str(event["URL"]) == f"{PAGE}{TASK_ID}"

    def test_leaves_out_what_the_task_has_not(self) -> None:
        assert not {"DESCRIPTION", "CATEGORIES", "PRIORITY", "DTEND", "RRULE"} & read_back(make_task()).keys()

    def test_keeps_nobody_busy(self) -> None:
        assert "TRANSP:TRANSPARENT" in lines_of(make_task())

    @pytest.mark.parametrize(("priority", "expected"), [(1, 9), (2, 5), (3, 3), (4, 1)])
    def test_has_the_priority_in_the_other_direction(self, priority: int, expected: int) -> None:
        assert read_back(make_task(priority=priority))["PRIORITY"] == expected

    def test_has_the_beginning_of_long_notes(self) -> None:
        whole, cut = "ü" * MAX_NOTES_LENGTH, "ü" * (MAX_NOTES_LENGTH + 1)

        assert str(read_back(make_task(notes=whole))["DESCRIPTION"]) == whole
        assert str(read_back(make_task(notes=cut))["DESCRIPTION"]) == f"{whole}…"


class TestATaskWithATime:
    def test_is_at_that_instant(self) -> None:
        assert "DTSTART:20261201T083000Z" in lines_of(make_task())

    def test_has_reminders_ahead_of_it(self) -> None:
        lines = lines_of(make_task(reminders=[{"minutes_before": 30}, {"minutes_before": 0}]))

        assert "TRIGGER:-PT30M" in lines
        assert lines.count("BEGIN:VALARM") == lines.count("ACTION:DISPLAY") == 2
        assert lines.count("DESCRIPTION:Buy milk") == 2
        assert [
            alarm.TRIGGER for alarm in read_back(make_task(reminders=[{"minutes_before": 0}])).walk("VALARM")
        ] == [timedelta(0)]

    def test_has_reminders_at_an_instant(self) -> None:
        reminder = {"at": datetime(2026, 11, 30, 17, tzinfo=UTC)}

        assert "TRIGGER;VALUE=DATE-TIME:20261130T170000Z" in lines_of(make_task(reminders=[reminder]))


class TestATaskWithoutATime:
    def test_lasts_the_day_up_to_the_next_one(self) -> None:
        lines = lines_of(make_task(due=OF_A_DAY))

        assert "DTSTART;VALUE=DATE:20261231" in lines
        assert "DTEND;VALUE=DATE:20270101" in lines

    def test_is_possible_on_the_last_day_of_all(self) -> None:
        event = read_back(make_task(due={**OF_A_DAY, "date": "9998-12-31"}))

        assert event.decoded("DTEND") == date(9999, 1, 1)

    def test_has_reminders_ahead_of_the_end_of_the_day(self) -> None:
        lines = lines_of(make_task(due=OF_A_DAY, reminders=[{"minutes_before": 90}]))

        assert "TRIGGER;RELATED=END:-PT1H30M" in lines


def recurring(rule: str, due: dict[str, Any] = TIMED, basis: str = "due", **fields: Any) -> Document:
    return make_task(due=due, recurrence={"rule": rule, "from": basis}, **fields)


class TestARecurringTask:
    def test_is_at_the_same_local_time_all_year(self) -> None:
        lines = lines_of(recurring("FREQ=WEEKLY;BYDAY=TU"))

        assert "DTSTART;TZID=Europe/Paris:20261201T093000" in lines
        assert "RRULE:FREQ=WEEKLY;BYDAY=TU" in lines

    async def test_brings_its_zone_along_once(self) -> None:
        tasks = [recurring("FREQ=DAILY", _id=UUID(int=number)) for number in range(3)]
        tokyo = recurring("FREQ=DAILY", {**TIMED, "timezone": "Asia/Tokyo"})
        calendar = Calendar.from_ical(await write(*tasks, tokyo, make_task(), recurring("FREQ=DAILY", OF_A_DAY)))

        assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo", "Europe/Paris"]
        assert calendar.get_missing_tzids() == set()

    @pytest.mark.parametrize(
        "zone", ["UTC", "Etc/UTC", "Zulu", "Etc/GMT+5", "GMT", "US/Pacific", "America/Argentina/Buenos_Aires"]
    )
    def test_names_no_zone_that_is_missing(self, zone: str) -> None:
        content = asyncio.run(write(recurring("FREQ=DAILY", {**TIMED, "timezone": zone})))
        named = set(re.findall(rb"DTSTART;TZID=([^:\r]+):", content))

        assert named <= set(re.findall(rb"\r\nTZID:([^\r]+)\r", content))
        (event,) = Calendar.from_ical(content).walk("VEVENT")
        assert event.decoded("DTSTART").astimezone(UTC) == datetime(2026, 12, 1, 9, 30, tzinfo=ZoneInfo(zone))

    @pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu", "GMT", "Etc/GMT-0", "Africa/Abidjan", "Iceland"])
    async def test_in_a_zone_that_is_utc_is_in_utc_and_brings_no_zone(self, zone: str) -> None:
        content = await write(recurring("FREQ=DAILY", {**TIMED, "timezone": zone}))

        assert b"\r\nDTSTART:20261201T093000Z\r\n" in content
        assert b"BEGIN:VTIMEZONE" not in content

    async def test_is_read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A rule may be long, and there may be 1,000."""
        read: list[str] = []

        def read_rule(text: str) -> RecurrenceRule:
            read.append(text)
            return parse_rule(text)

        monkeypatch.setattr(calendar_recurrence, "parse_rule", read_rule)
        await write(recurring("FREQ=DAILY"), recurring("FREQ=WEEKLY", OF_A_DAY), make_task())

        assert read == ["FREQ=DAILY", "FREQ=WEEKLY"]

    async def test_follows_the_user_where_it_names_no_zone(self) -> None:
        floating = {**TIMED, "timezone": None}
        content = await write_calendar([recurring("FREQ=DAILY", floating)], "America/New_York", PAGE)

        assert b"DTSTART;TZID=America/New_York:20261201T093000" in content
        assert b"TZID:America/New_York" in content

    def test_of_a_day_comes_on_days(self) -> None:
        lines = lines_of(recurring("FREQ=MONTHLY;BYMONTHDAY=-1", OF_A_DAY))

        assert "DTSTART;VALUE=DATE:20261231" in lines
        assert "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1" in lines

    def test_from_its_completion_has_one_date(self) -> None:
        lines = lines_of(recurring("FREQ=WEEKLY", basis="completion"))

        assert "DTSTART:20261201T083000Z" in lines
        assert not [line for line in lines if line.startswith("RRULE")]

    @pytest.mark.parametrize(
        ("until", "due", "expected"),
        [
            ("20261231", TIMED, "20261231T225959Z"),
            ("20261231T225900Z", TIMED, "20261231T225900Z"),
            ("20260701T120000", TIMED, "20260701T100000Z"),
            ("20261231", OF_A_DAY, "20261231"),
            ("20261231T230000Z", OF_A_DAY, "20270101"),
            ("20261231T225900", OF_A_DAY, "20261231"),
        ],
    )
    def test_ends_in_the_form_of_its_beginning(self, until: str, due: dict[str, Any], expected: str) -> None:
        """RFC 5545, section 3.3.10: a date for days, UTC for times with a zone."""
        assert f"RRULE:FREQ=DAILY;UNTIL={expected}" in lines_of(recurring(f"FREQ=DAILY;UNTIL={until}", due))

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=DAILY;INTERVAL=3;COUNT=5",
            "FREQ=WEEKLY;BYDAY=MO,TU,SU;WKST=SU",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=YEARLY;UNTIL=20300101;BYWEEKNO=1,53;BYDAY=MO",
        ],
    )
    def test_means_the_same_dates_to_others(self, rule: str) -> None:
        """As another library reads the event, and as the service itself goes on."""
        rule = canonical_rule(rule)
        event = read_back(recurring(rule))
        start = event.decoded("DTSTART").replace(tzinfo=None)
        text = re.sub(r"(UNTIL=\d{8})T\d{6}Z", r"\1T235959", event["RRULE"].to_ical().decode())
        read = [at for at in rrulestr(text, dtstart=start)[:6] if at > start]

        going_on = following_dues(parse_rule(rule), TIMED, "Europe/Paris")
        own = [f"{due['date']}T{due['time']}" for due in itertools.islice(going_on, len(read))]
        assert own == [at.isoformat(timespec="minutes") for at in read]
        assert read


class TestRecurringTasksOfVeryManyZones:
    """Of the first zones all that recurs is a series; of further ones a task has its next date alone."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calendar_document, "MAX_ZONES", 2)

    async def test_bring_no_more_zones_than_there_may_be(self) -> None:
        zones = ["Asia/Tokyo", "UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo", "Iceland", "Asia/Kolkata"]
        tasks = [recurring("FREQ=DAILY", {**TIMED, "timezone": zone}, title=zone) for zone in zones]

        calendar = Calendar.from_ical(await write(*tasks, recurring("FREQ=DAILY", OF_A_DAY, title="a day")))

        assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {"Asia/Tokyo", "Europe/Paris"}
        assert calendar.get_missing_tzids() == set()
        events = calendar.walk("VEVENT")
        alone = {str(event["SUMMARY"]): event.decoded("DTSTART") for event in events if "RRULE" not in event}
        assert alone == {"America/New_York": DUE_AT, "Asia/Kolkata": DUE_AT}
        assert len(events) == 8


HOSTILE = [
    "a\nb",
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:forged",
    "x\nATTACH:https://evil.example/",
    "one, two; three: four",
    "back\\slash \\n \\, \\;",
    '"quoted" ^n ^\' =',
    "tab\there",
    "\x07bell \x1b[31m red \x7f \x85 next line",
    "é" * 500,
    "\U0001f4c5" * 500,
    "  spaces  ",
    "END:VCALENDAR",
    "\u2028\u2029\ufeff\u202e",
]


class TestHostileText:
    @pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
    def test_comes_back_as_it_was(self, text: str) -> None:
        task = make_task(title=text, notes=text, labels=[text], reminders=[{"minutes_before": 5}])
        content = asyncio.run(write(task))

        (event,) = Calendar.from_ical(content).walk("VEVENT")
        (alarm,) = event.walk("VALARM")
        expected = clean_text(text)
        assert str(event["SUMMARY"]) == str(event["DESCRIPTION"]) == str(alarm["DESCRIPTION"]) == expected
        assert event.categories == [expected]
        assert "ATTACH" not in event

    @settings(deadline=None)
    @given(st.text(min_size=1, max_size=200))
    def test_of_any_kind_comes_back_as_it_was(self, text: str) -> None:
        assert str(read_back(make_task(title=text))["SUMMARY"]) == clean_text(text)

    @settings(deadline=None)
    @given(st.text(max_size=300))
    def test_never_becomes_a_line_of_its_own(self, text: str) -> None:
        """What is no continuation is a name that we wrote, in lines of at most 75 octets with both breaks."""
        content = make_event(make_task(title=text, notes=text, labels=[text]), "Europe/Paris", PAGE).to_ical()

        assert content.endswith(b"\r\n")
        for line in content.removesuffix(b"\r\n").split(b"\r\n"):
            assert len(line) <= 75
            assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
            assert re.match(
                rb" |(BEGIN|END|SUMMARY|DESCRIPTION|CATEGORIES|UID|URL|TRANSP|CREATED)[:;]|"
                rb"(DTSTART|DTSTAMP|LAST-MODIFIED)[:;]",
                line,
            )

    def test_would_break_lines_if_it_stood_as_it_is(self) -> None:
        """The control of the test above."""
        assert re.search(r"[\x00-\x08\x0a-\x1f\x7f]", HOSTILE[1])


class TestCleanText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("a\r\nb\rc\nd", "a\nb\nc\nd"), ("\x00\x07a\x1b\x7f\x85\x9fb\t", "ab\t"), ("\xa0é", "\xa0é")],
    )
    def test_holds_tabs_and_single_line_breaks_of_all_control_characters(self, text: str, expected: str) -> None:
        assert clean_text(text) == expected
