"""Positions: text in byte order with room between any two."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tasks.position import MAX_POSITION_LENGTH, is_position, position_between

SMALLEST_INTEGER = "A" + "0" * 26
LARGEST_INTEGER = "z" * 27

# Where each task of a random history is inserted, as a fraction of the list that there is by then.
INSERTIONS = st.lists(st.floats(0, 1, allow_nan=False), max_size=120)


def insert_at(positions: list[str], index: int) -> str:
    """Insert one more position at an index of a sorted list."""
    before = positions[index - 1] if index > 0 else None
    after = positions[index] if index < len(positions) else None
    position = position_between(before, after)
    positions.insert(index, position)
    return position


class TestTheFirstPosition:
    def test_leaves_room_on_both_sides(self) -> None:
        first = position_between(None, None)

        assert position_between(None, first) < first < position_between(first, None)

    def test_is_short(self) -> None:
        assert position_between(None, None) == "a0"


class TestAnyHistoryOfInsertions:
    @given(INSERTIONS)
    @settings(deadline=None)
    def test_keeps_the_order_in_which_things_were_put(self, fractions: list[float]) -> None:
        positions: list[str] = []
        for fraction in fractions:
            insert_at(positions, round(fraction * len(positions)))

        assert positions == sorted(set(positions))

    @given(INSERTIONS)
    @settings(deadline=None)
    def test_makes_positions_that_pass_the_check(self, fractions: list[float]) -> None:
        positions: list[str] = []
        for fraction in fractions:
            position = insert_at(positions, round(fraction * len(positions)))
            assert is_position(position)

    @given(INSERTIONS)
    @settings(deadline=None)
    def test_makes_no_fraction_that_ends_in_zero(self, fractions: list[float]) -> None:
        """Nothing comes between `a1` and `a10`, so the second must never be made."""
        positions: list[str] = []
        for fraction in fractions:
            insert_at(positions, round(fraction * len(positions)))

        for shorter, longer in itertools.pairwise(positions):
            assert not longer.startswith(shorter) or longer.rstrip("0") != shorter

    @given(INSERTIONS.filter(len))
    @settings(deadline=None)
    def test_leaves_room_between_all_neighbours(self, fractions: list[float]) -> None:
        positions: list[str] = []
        for fraction in fractions:
            insert_at(positions, round(fraction * len(positions)))

        for before, after in itertools.pairwise([None, *positions, None]):
            middle = position_between(before, after)
            assert before is None or before < middle
            assert after is None or middle < after


class TestAPositionBetweenTwo:
    @given(st.data())
    @settings(deadline=None)
    def test_lies_strictly_between_them(self, data: st.DataObject) -> None:
        text = st.text("0129ABYZabyz", max_size=30).map(lambda tail: data.draw(st.sampled_from("YZab")) + tail)
        low, high = sorted(data.draw(st.tuples(text.filter(is_position), text.filter(is_position)).filter(differ)))

        middle = position_between(low, high)

        assert low < middle < high
        assert is_position(middle)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a0", "a1"),
            ("a0", "a01"),
            ("a0", "a0V"),
            ("a0", "a01V"),
            ("a0V", "a0W5"),
            ("a0V", "a1"),
            ("a0z", "a1"),
            ("a0zzz", "a1"),
            ("a1", "a2"),
            ("az", "b00"),
            ("Zz", "a0"),
            ("a0", "b125"),
            ("a001", "a002"),
            (SMALLEST_INTEGER + "1", SMALLEST_INTEGER + "2"),
            (LARGEST_INTEGER, LARGEST_INTEGER + "1"),
        ],
    )
    def test_exists_at_every_edge(self, before: str, after: str) -> None:
        assert before < position_between(before, after) < after

    @pytest.mark.parametrize(("before", "after"), [("a0", "a0"), ("a1", "a0"), ("b00", "az")])
    def test_is_refused_when_the_two_are_not_in_order(self, before: str, after: str) -> None:
        with pytest.raises(ValueError, match="not in order"):
            position_between(before, after)


def differ(pair: tuple[str, str]) -> bool:
    return pair[0] != pair[1]


class TestAHundredThousandTasksInOneDirection:
    def test_stay_short_when_appended(self) -> None:
        last, longest = None, 0
        for _ in range(100_000):
            following = position_between(last, None)
            assert last is None or last < following
            last, longest = following, max(longest, len(following))

        assert longest <= 4

    def test_stay_short_when_put_on_top(self) -> None:
        first, longest = None, 0
        for _ in range(100_000):
            preceding = position_between(None, first)
            assert first is None or preceding < first
            first, longest = preceding, max(longest, len(preceding))

        assert longest <= 4

    def test_grow_by_one_character_in_six_when_all_are_squeezed_into_one_gap(self) -> None:
        before, after = "a0", "a1"
        for _ in range(600):
            after = position_between(before, after)

        assert len(after) <= 2 + 600 / 5


class TestTheOutermostIntegers:
    def test_leave_room_behind_the_largest(self) -> None:
        beyond = position_between(LARGEST_INTEGER, None)

        assert LARGEST_INTEGER < beyond < position_between(beyond, None)

    def test_leave_room_ahead_of_the_smallest(self) -> None:
        position = "A" + "0" * 25 + "2"
        for _ in range(50):
            preceding = position_between(None, position)
            assert preceding < position
            assert is_position(preceding)
            position = preceding


class TestTheCheck:
    @pytest.mark.parametrize(
        "text", ["a0", "a0V", "Zz", "b00", "b125x", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "A" + "0" * 26 + "1"]
    )
    def test_lets_pass_what_could_have_been_made(self, text: str) -> None:
        assert is_position(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a",
            "0",
            "00",
            "b0",
            "a00",
            "a0V0",
            "a-",
            "a0 ",
            "a0\n",
            "a0é",
            "ä0",
            SMALLEST_INTEGER,
            "a0" + "1" * MAX_POSITION_LENGTH,
        ],
    )
    def test_refuses_everything_else(self, text: str) -> None:
        assert not is_position(text)
