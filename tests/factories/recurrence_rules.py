"""Random recurrence rules, as Hypothesis strategies."""

from hypothesis import strategies as st

from app.tasks.recurrence_rule import RecurrenceRule

_WEEKDAY = st.integers(0, 6)


def _numbers(largest: int, *, signed: bool = True) -> st.SearchStrategy[tuple[int, ...]]:
    some = st.integers(1, largest)
    number = st.one_of(some, some.map(lambda value: -value)) if signed else some
    return st.lists(number, unique=True, max_size=4).map(
        lambda values: tuple(sorted(values, key=lambda value: (value < 0, value)))
    )


def _days(ordinals: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    return st.lists(st.tuples(ordinals, _WEEKDAY), unique=True, max_size=4).map(
        lambda days: tuple(sorted(days, key=lambda day: (day[0] < 0, *day)))
    )


@st.composite
def rules(draw: st.DrawFn) -> RecurrenceRule:
    """Rules with any of the parts that RFC 5545 allows beside each other, but COUNT and UNTIL."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    is_yearly = frequency == "YEARLY"
    months = draw(_numbers(12, signed=False))
    weeks = draw(_numbers(53)) if is_yearly and draw(st.booleans()) else ()
    counts_days = frequency in {"MONTHLY", "YEARLY"} and not weeks and draw(st.booleans())
    largest = 5 if frequency == "MONTHLY" or months else 53
    days = draw(_days(st.integers(-largest, largest) if counts_days else st.just(0)))
    month_days = draw(_numbers(31)) if frequency != "WEEKLY" and draw(st.booleans()) else ()
    year_days = draw(_numbers(366)) if is_yearly and draw(st.booleans()) else ()
    selects = bool(months or weeks or days or month_days or year_days)
    longest = {"DAILY": 1, "WEEKLY": max(1, len(days))}.get(frequency, 5)
    return RecurrenceRule(
        frequency=frequency,
        interval=draw(st.integers(1, 5)),
        by_month=months,
        by_week=weeks,
        by_year_day=year_days,
        by_month_day=month_days,
        by_day=days,
        by_position=draw(_numbers(longest)) if selects and draw(st.booleans()) else (),
        week_start=draw(_WEEKDAY),
    )
