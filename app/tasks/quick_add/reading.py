"""Reading a whole line: what is found in it becomes the fields of a task, and the rest its title."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from app.tasks.quick_add.clock_times import ClockTime, read_delay
from app.tasks.quick_add.days import Day
from app.tasks.quick_add.due_moment import DueMoment, bring_together, settle_due, settle_until
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.marks import MAX_LABELS, ListNames, read_label, read_priority
from app.tasks.quick_add.paired_days import find_second, join_days
from app.tasks.quick_add.parts_of_day import WHOLE_DAY
from app.tasks.quick_add.phrases import find_day, find_time
from app.tasks.quick_add.recurrences import find_count, find_recurrence, find_until
from app.tasks.quick_add.rules import Repetition
from app.tasks.quick_add.tokens import Line, tokenize
from app.tasks.quick_add.vocabulary import COUNTING_WORDS, RELATIONS, read_ordinal

Kind = Literal["date", "time", "label", "priority", "list", "recurrence"]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the text that was understood, from `start` up to `end`, in code points."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuickTask:
    """What a line says. `title` is the text without the spans; `rule` is a recurrence rule of RFC 5545."""

    title: str
    due: DueMoment | None
    labels: list[str]
    priority: int
    list_id: UUID | None
    rule: str | None
    is_from_completion: bool
    spans: list[Span]


def read_quick_task(text: str, now: datetime, lists: Iterable[tuple[UUID, str]] = ()) -> QuickTask:
    """Read a line as it is meant at `now`, which is in the user's zone; `lists` are ids and names.

    The work is linear in the text: at every word a bounded number of phrases of bounded length is looked for, and the
    words of a list of days, which may be longer, are not looked at again.
    """
    reading = _Reading(Line(tokenize(text)), now, ListNames(lists))
    reading.run()
    return reading.finish(text)


@dataclass(slots=True)
class _Reading:
    """One pass over the line; of each kind but labels the first one counts, and others stay in the title."""

    line: Line
    now: datetime
    lists: ListNames[UUID]
    spans: list[Span] = field(default_factory=list)
    labels: dict[str, None] = field(default_factory=dict)
    priority: int = 0
    list_id: UUID | None = None
    day: Day | None = None
    time: ClockTime | None = None
    timezone: str | None = None
    day_end: int | None = None
    contradiction_end: int | None = None
    repetition: Repetition | None = None
    until: Day | None = None
    until_span: Span | None = None
    count: int | None = None

    def run(self) -> None:
        """Walk over the tokens."""
        steps = (
            *(self._take_mark, self._take_recurrence, self._take_limit),
            *(self._take_delay, self._take_day, self._take_time),
        )
        index = 0
        while index < len(self.line.tokens):
            ends = (step(index) for step in steps)
            index = next((end for end in ends if end is not None), index + 1)

    def finish(self, text: str) -> QuickTask:
        """Return what was read."""
        repetition = self.repetition
        wording = bring_together(self.day, self.time, repetition)
        due = settle_due(self.now, wording)
        until = None if self.until is None or due is None else settle_until(self.until, due, wording)
        rule = None if wording.rule is None else str(replace(wording.rule, until=until, count=self.count))
        spans = [span for span in self.spans if until is not None or span is not self.until_span]
        return QuickTask(
            title=_without(text, spans),
            due=None if due is None else replace(due, timezone=self.timezone),
            labels=list(self.labels),
            priority=self.priority,
            list_id=self.list_id,
            rule=rule,
            is_from_completion=repetition is not None and repetition.is_from_completion,
            spans=spans,
        )

    def _take_mark(self, index: int) -> int | None:
        token = self.line.tokens[index]
        if not self.priority and (priority := read_priority(token.word)):
            self.priority = priority
            return self._understand("priority", index, index + 1)
        if self.list_id is None and (list_id := self.lists.read(token.text)):
            self.list_id = list_id
            return self._understand("list", index, index + 1)
        label = read_label(token.text)
        if label is None or (label not in self.labels and len(self.labels) == MAX_LABELS):
            return None
        self.labels[label] = None
        return self._understand("label", index, index + 1)

    def _take_recurrence(self, index: int) -> int | None:
        found = find_recurrence(self.line, index, self.now)
        if found is None or self.repetition is not None or self._is_part(index):
            return _skip(found)
        self.repetition = found.value
        return self._understand("recurrence", index, found.end)

    def _take_limit(self, index: int) -> int | None:
        if self.repetition is None or self.until is not None or self.count is not None:
            return None
        if until := find_until(self.line, index, self.now):
            self.until = until.value
            end = self._understand("recurrence", index, until.end)
            self.until_span = self.spans[-1]
            return end
        if count := find_count(self.line, index):
            self.count = count.value
            return self._understand("recurrence", index, count.end)
        return None

    def _take_delay(self, index: int) -> int | None:
        found = read_delay(self.line, index, self.now)
        if found is None or self.day is not None or self.time is not None:
            return _skip(found)
        self.day, self.time = Day(found.value.date()), ClockTime(found.value.time(), part=WHOLE_DAY)
        self.timezone = "UTC" if found.value.tzinfo is UTC else None
        return self._understand("time", index, found.end)

    def _take_day(self, index: int) -> int | None:
        is_beside, may_start = self._follows("time", index), self.repetition is not None
        found = find_day(self.line, index, self.now, is_beside=is_beside, may_start=may_start)
        if found is None:
            return None
        day = self._choose_day(index, found)
        if day is None:
            attached = find_time(self.line, found.end, self.now, is_beside=True)
            return found.end if attached is None else attached.end
        self.day, self.day_end = day, found.end
        return self._understand("date", index, found.end)

    def _choose_day(self, index: int, found: Found[Day]) -> Day | None:
        """Return the day that is meant by now, or None if what was found stays in the title."""
        goes_on = self.contradiction_end == index and not self.line.punctuation(index - 1)
        is_contradicted = goes_on or found.clarity is Clarity.CONTRADICTED
        self.contradiction_end = found.end if is_contradicted else None
        if self._is_related(index):
            return None
        if self.day is None:
            if is_contradicted and self._follows("time", index):
                self._withdraw()
            return None if is_contradicted else found.value
        is_behind = self.day_end == index and self._follows("time", index)  # "friday 9am next week"
        if is_contradicted or not is_behind or find_second(self.line, Found(index, self.day), self.now) is None:
            return None
        joined = join_days(self.day, found.value)
        if joined is None:
            self._withdraw()
        return joined

    def _withdraw(self) -> None:
        """Leave the day and its time in the title after all, because the day behind them says another one."""
        self.day = self.time = None
        self.spans = [span for span in self.spans if span.kind not in {"date", "time"}]

    def _take_time(self, index: int) -> int | None:
        is_beside = self._follows("date", index) or self._follows("recurrence", index)
        found = find_time(self.line, index, self.now, is_beside=is_beside)
        if found is None or self.time is not None or self._is_related(index):
            return _skip(found)
        self.time = found.value
        self.day_end = found.end if self.day_end == index else None
        return self._understand("time", index, found.end)

    def _is_related(self, index: int) -> bool:
        """Whether the word before tells that this is not when the task is due."""
        word = "" if self.line.punctuation(index - 1) else self.line.word(index - 1)
        is_counted = word in COUNTING_WORDS and self.line.word(index)[:1].isdigit()
        is_related = word in RELATIONS or is_counted or read_ordinal(word) is not None
        return is_related and not self._was_understood(index)

    def _is_part(self, index: int) -> bool:
        """Whether the word before makes a recurrence tell of something else: "the best of every day"."""
        return self.line.word(index - 1) == "of" and not self.line.punctuation(index - 1)

    def _was_understood(self, index: int) -> bool:
        return index > 0 and bool(self.spans) and self.spans[-1].end == self.line.tokens[index - 1].end

    def _follows(self, kind: Kind, index: int) -> bool:
        """Whether the words directly before were understood as this."""
        return self._was_understood(index) and self.spans[-1].kind == kind

    def _understand(self, kind: Kind, index: int, end: int) -> int:
        self.spans.append(Span(kind, self.line.tokens[index].start, self.line.tokens[end - 1].end))
        return end


def _skip(found: Found[object] | None) -> int | None:
    """Go on behind what stays in the title."""
    return None if found is None else found.end


def _without(text: str, spans: Sequence[Span]) -> str:
    """Return the text without the spans, blanks made one."""
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    rest = "".join(text[start:end] for start, end in zip(starts, ends, strict=True))
    return " ".join(rest.split())
