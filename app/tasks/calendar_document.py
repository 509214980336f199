"""Tasks as iCalendar (RFC 5545): an event for each, made by the library that knows how text is escaped and folded."""

import asyncio
import functools
import re
from collections.abc import Sequence
from datetime import date, timedelta

from icalendar import Alarm, Calendar, Event, Timezone, vRecur

from app.data.database import Document
from app.tasks.calendar_recurrence import calendar_rule, is_series, local_start

# The part of the ETag that changes with what is written for the same tasks. Count it up with every change to it.
FORM = 2

# Half an hour is what the quickest of the well-known services takes anyway, most take many hours.
_REFRESH_INTERVAL = timedelta(hours=1)

# A calendar shows few lines of a description, and the app the rest; the form of 1,000 whole notes would have 20 MB.
MAX_NOTES_LENGTH = 2_000

# A list or board of tasks answers other requests meanwhile: an event takes 0.2 to 0.5 ms, a cached answer as long.
_SLICE_SECONDS = 0.002

# Priorities 1 (highest) to 9 (RFC 5545, section 3.8.1.9); none has no entry.
_PRIORITIES = {1: 9, 2: 5, 3: 3, 4: 1}

# What text must not hold (RFC 5545, section 3.1: CONTROL), but for tabs and line breaks; and the same of ISO 8859.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile("\r\n?")

# The years for which the zone of a recurring task is told; most programs go by its name.
_ZONE_YEARS = (date(2000, 1, 1), date(2050, 1, 1))
# One for each hour of the day, which nobody's tasks need; all of the 600 would take a process 4 s.
MAX_ZONES = 24

_END = b"END:VCALENDAR\r\n"


async def write_calendar(tasks: Sequence[Document], timezone: str, task_url: str) -> bytes:
    """Return a calendar with an event for each task; `task_url` is followed by the id of one.

    It lets others have the event loop every few milliseconds.
    """
    frame: bytes = _frame(timezone).to_ical()
    events, zones = await _write_events(tasks, timezone, task_url)
    # In a thread: a zone takes some 10 ms, once in each process.
    zone_texts = [await asyncio.to_thread(_write_zone, zone) for zone in sorted(zones)]
    return b"".join((frame.removesuffix(_END), *zone_texts, *events, _END))


async def _write_events(tasks: Sequence[Document], timezone: str, task_url: str) -> tuple[list[bytes], set[str]]:
    """Return the events, and the zones that they name."""
    loop = asyncio.get_running_loop()
    slice_end = loop.time() + _SLICE_SECONDS
    texts: list[bytes] = []
    zones: set[str] = set()
    for task in tasks:
        event = make_event(task, timezone, task_url)
        zone = _named_zone(event)
        if zone is not None and zone not in zones and len(zones) == MAX_ZONES:
            event = make_event({**task, "recurrence": None}, timezone, task_url)  # its next date, which is in UTC
        elif zone is not None:
            zones.add(zone)
        texts.append(event.to_ical())
        if loop.time() >= slice_end:
            await asyncio.sleep(0)
            slice_end = loop.time() + _SLICE_SECONDS
    return texts, zones


def _frame(timezone: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Taskfleet//Calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", "Taskfleet")  # RFC 7986; the names with an X are what most services read
    calendar.add("x-wr-calname", "Taskfleet")
    calendar.add("x-wr-timezone", timezone)
    calendar.add("refresh-interval", _REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar


def _named_zone(event: Event) -> str | None:
    """The zone that an event names: its local time, of those that recur, must not move with the clocks.

    None if it names none. What is called otherwise and is UTC all the same, such as Iceland, is written as UTC.
    """
    zone: str | None = event["DTSTART"].params.get("TZID")
    return zone


@functools.lru_cache(maxsize=600)  # as many as there are
def _write_zone(name: str) -> bytes:
    text: bytes = Timezone.from_tzid(name, first_date=_ZONE_YEARS[0], last_date=_ZONE_YEARS[1]).to_ical()
    return text


def make_event(task: Document, timezone: str, task_url: str) -> Event:
    """Return the event of a task with a due date; `timezone` is the user's.

    One that is due by the end of a day lasts that day; one with a time is at that instant, and lasts no time.
    """
    event = Event()
    event.add("uid", str(task["_id"]))
    # In a calendar that is no message, this is when the event was changed last (RFC 5545, section 3.8.7.2).
    event.add("dtstamp", task["updated_at"])
    event.add("last-modified", task["updated_at"])
    event.add("created", task["created_at"])
    _add_time(event, task, timezone)
    event.add("summary", clean_text(task["title"]))
    if notes := _shorten(clean_text(task["notes"])):
        event.add("description", notes)
    if labels := [label for label in map(clean_text, task.get("labels", [])) if label]:
        event.add("categories", labels)
    if task["priority"] in _PRIORITIES:
        event.add("priority", _PRIORITIES[task["priority"]])
    event.add("url", f"{task_url}{task['_id']}")
    event.add("transp", "TRANSPARENT")  # something to be done by then keeps nobody busy
    for reminder in task["reminders"]:
        event.add_component(_make_alarm(task, reminder))
    return event


def _add_time(event: Event, task: Document, timezone: str) -> None:
    if _lasts_a_day(task):
        day = date.fromisoformat(task["due"]["date"])
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))  # the first day that does not belong to it
    else:
        event.add("dtstart", local_start(task["due"], timezone) if is_series(task) else task["due_at"])
    if is_series(task):
        event.add("rrule", vRecur.from_ical(calendar_rule(task, timezone)))


def _make_alarm(task: Document, reminder: Document) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", clean_text(task["title"]))
    if "at" in reminder:
        alarm.add("trigger", reminder["at"], parameters={"VALUE": "DATE-TIME"})
    else:
        # A task of a day is due when the day ends.
        parameters = {"RELATED": "END"} if _lasts_a_day(task) else {}
        alarm.add("trigger", -timedelta(minutes=reminder["minutes_before"]), parameters=parameters)
    return alarm


def _lasts_a_day(task: Document) -> bool:
    return task["due"]["time"] is None


def clean_text(text: str) -> str:
    """Return text without what iCalendar text must not hold; every line break is one character."""
    return _CONTROL.sub("", _LINE_BREAK.sub("\n", text))


def _shorten(notes: str) -> str:
    return notes if len(notes) <= MAX_NOTES_LENGTH else f"{notes[:MAX_NOTES_LENGTH]}…"
