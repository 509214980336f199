"""The logic of export and import by itself: cells, places and ids."""

import csv
import io
import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tasks.portability.chunks import DerivedIds
from app.tasks.portability.csv_cells import escape_cell, join_cell, split_cell, to_lines, unescape_cell
from app.tasks.portability.places import Places
from app.tasks.position import is_position, position_between
from tests.fakes.clock import START

texts = st.text(st.characters(exclude_categories=["Cs"]))


class TestACell:
    @given(texts | st.text(alphabet="'=+-@\t\r\nx;\""))
    def test_is_the_same_text_again(self, text: str) -> None:
        assert unescape_cell(escape_cell(text)) == text

    @given(texts | st.text(alphabet="'=+-@\t\r\nx"))
    def test_never_begins_as_a_formula_does(self, text: str) -> None:
        assert not escape_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))

    @given(st.text(alphabet="'=+-@\t\r\nx;,\""))
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_makes_no_formula_whatever_the_file_is_read_by(self, delimiter: str, text: str) -> None:
        file = io.StringIO(to_lines([["id", escape_cell(text), "end"]]).decode(), newline="")

        cells = [cell for row in csv.reader(file, delimiter=delimiter) for cell in row]

        assert not [cell for cell in cells if cell.lstrip('"').startswith(("=", "+", "-", "@"))]

    @pytest.mark.parametrize("text", ["x=1", "'quoted'", "", "1-2", "a; b", "a\nb", "a;'b'", "a, =b"])
    def test_is_left_alone_where_nothing_would_be_calculated(self, text: str) -> None:
        assert escape_cell(text) == text

    @given(st.lists(texts.filter(lambda text: "\x00" not in text), min_size=1))
    def test_holds_several_texts(self, labels: list[str]) -> None:
        assert split_cell(join_cell(labels)) == labels

    def test_that_is_no_line_of_csv_is_refused(self) -> None:
        for cell in ('"open', "a\nb"):
            with pytest.raises(ValueError, match="CSV"):
                split_cell(cell)


@st.composite
def ordered_positions(draw: st.DrawFn) -> list[str]:
    """Positions in their order, made by putting each new one between two others."""
    positions = [position_between(None, None)]
    for place in draw(st.lists(st.integers(0, 10), max_size=20)):
        at = place % (len(positions) + 1)
        before = positions[at - 1] if at else None
        positions.insert(at, position_between(before, positions[at] if at < len(positions) else None))
    return positions


class TestPlacesInAnAccountThatHoldsSomething:
    @given(ordered_positions(), ordered_positions())
    def test_are_behind_all_and_in_the_same_order(self, theirs: list[str], ours: list[str]) -> None:
        places = Places(position_between(theirs[-1], None))

        moved = [places.settle(position, number) for number, position in enumerate(ours)]

        assert all(is_position(position) for position in moved)
        assert all(before < after for before, after in itertools.pairwise([theirs[-1], *moved]))
        assert position_between(moved[-1], None) > moved[-1]

    @given(st.lists(st.integers(0, 10**6), min_size=2, unique=True).map(sorted))
    def test_follow_the_file_where_it_has_none(self, numbers: list[int]) -> None:
        moved = [Places("a7").settle(None, number) for number in numbers]

        assert moved == sorted(moved)
        assert all(is_position(position) for position in moved)
        assert len(set(moved)) == len(moved)

    def test_stay_positions_however_long_those_of_the_file_are(self) -> None:
        for length in (470, 495, 500):
            position = "a0" + "V" * (length - 2)
            assert is_position(Places("a7").settle(position, 3))
            assert is_position(Places.part(position, 3))


class TestDerivedIds:
    @given(st.lists(st.integers(0, 2**32 - 1), min_size=2, unique=True).map(sorted))
    def test_rise_with_the_number(self, numbers: list[int]) -> None:
        made = [DerivedIds(UUID(int=1), UUID(int=2), START).make(number) for number in numbers]

        assert made == sorted(made)
        assert len(set(made)) == len(made)
        assert {(an_id.version, an_id.variant) for an_id in made} == {(7, "specified in RFC 4122")}

    def test_are_the_same_for_the_same_import_alone(self) -> None:
        def make(user: int, an_import: int) -> UUID:
            return DerivedIds(UUID(int=user), UUID(int=an_import), START).make(5)

        assert make(1, 2) == make(1, 2)
        assert len({make(1, 2), make(2, 2), make(1, 3)}) == 3
