"""What holds for every text, however hostile."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tasks.quick_add.tokens import Line
from app.tasks.recurrence import Recurrence, check_comes_again
from tests.unit.tasks.quick_add.reading import NOON, read

_WORDS = [
    *("today", "tonight", "tomorrow", "monday", "mon", "sun", "next", "this", "week", "month", "weekend", "every"),
    *("every!", "other", "2", "3", "31", "1st", "2nd", "last", "day", "days", "weekday", "dec", "may", "24", "2027"),
    *("in", "hours", "from", "now", "end", "of", "the", "on", "at", "by", "due", "for", "times", "until", "and", ","),
    *("24.12.", "24/12", "2026-12-24", "9am", "9", "pm", "21:30", "noon", "feb", "29", "30", "starting", "daily"),
    *("morning", "evening", "night", "in the", "at night", "Night", "weekend", "mondays", "noon", "midnight"),
    *("#home", "@work", '@"Home stuff"', "!high", "!4", '"', '"monday"', "“", "”", "Call", "\u05e9", "\U0001f3e0"),
]
texts = st.one_of(
    st.text(max_size=500),
    st.lists(st.sampled_from(_WORDS), max_size=30).map(" ".join),
    st.lists(st.sampled_from([*_WORDS, " ", "  ", "."]), max_size=40).map("".join),
)
moments = st.builds(
    datetime.combine, st.dates(date(1900, 1, 1), date(9998, 12, 31)), st.times(timezones=st.just(UTC))
)
quoted_words = st.lists(st.sampled_from([word for word in _WORDS if not re.search(r'["“”]', word)]), min_size=1)


class TestAnyText:
    @given(texts, moments)
    def test_is_read(self, text: str, now: datetime) -> None:
        task = read(text, now)

        assert task.due is None or 1900 <= task.due.day.year <= 9998
        assert 0 <= task.priority <= 4

    @given(texts)
    def test_has_spans_that_lie_within_it_in_order_and_apart(self, text: str) -> None:
        places = [place for span in read(text).spans for place in (span.start, span.end)]

        assert places == sorted(places)
        assert all(0 <= span.start < span.end <= len(text) for span in read(text).spans)

    @given(texts)
    def test_is_title_and_spans_and_nothing_else(self, text: str) -> None:
        task = read(text)

        kept = list(text)
        for span in reversed(task.spans):
            kept[span.start : span.end] = []
        assert task.title == " ".join("".join(kept).split())

    @given(texts)
    def test_has_a_rule_that_is_one_and_a_day_to_begin_with(self, text: str) -> None:
        task = read(text)

        if task.rule is not None:
            assert task.due is not None
            start = "completion" if task.is_from_completion else "due"
            recurrence = Recurrence.model_validate({"rule": task.rule, "from": start}).model_dump()
            assert recurrence == {"rule": task.rule, "from": start}
            check_comes_again(recurrence, task.due.day)

    @given(quoted_words)
    def test_within_quotation_marks_is_never_understood(self, words: list[str]) -> None:
        title = '"' + " ".join(words) + '"'

        assert (read(title).title, read(title).spans) == (title, [])

    @given(texts, moments)
    def test_is_read_in_the_same_way_each_time(self, text: str, now: datetime) -> None:
        assert read(text, now) == read(text, now)


class TestTheWork:
    """Counted in words that were looked at, because a machine's time tells little in a test."""

    @pytest.fixture
    def looks(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """How often a word was looked at."""
        looks: list[int] = []
        look = Line.word

        def count(line: Line, index: int) -> str:
            looks.append(index)
            return look(line, index)

        monkeypatch.setattr(Line, "word", count)
        return looks

    @pytest.mark.parametrize(
        "part",
        [
            *("every ", '"', '" ', '"a ', "1", "1 ", "mon, ", "every mon, ", "every 1st and ", "at ", "on the ", "@"),
            *(
                "due by ",
                "at 9 ",
                "mon 9am ",
                "9 sun ",
                "until ",
                "in ",
                "next ",
                "for 5 ",
                "the ",
                "end of ",
                "dec ",
                "mon next week ",
                "dec 24 mon, ",
                "on the 5th ",
                "mon night ",
                "on mondays, ",
                "9:30 at night ",
            ),
            *(
                "#a ",
                "!high ",
                "daily ",
                "weekly on mon, ",
                "“",
                "“ ",
                '@"',
                "1st ",
                "1st, ",
                "on the 1st, ",
                "every 1st, ",
                "a",
                "\u0301",
            ),
        ],
    )
    def test_grows_no_faster_than_the_text(self, part: str, looks: list[int]) -> None:
        def work(length: int) -> int:
            looks.clear()
            read((part * length)[:length], NOON)
            return len(looks)

        assert work(4_000) <= 2.1 * work(2_000) + 100

    @pytest.mark.parametrize("part", ["every ", "at ", "mon, ", "1 ", "on "])
    def test_is_some_and_bounded_for_each_word(self, part: str, looks: list[int]) -> None:
        words = 498 // len(part)

        read("x " + part * words, NOON)

        # Several times the readers that are tried at each word, which look at some three words each.
        assert words < len(looks) < 100 * words
