"""Reading items out of JSON: pieces of any size give what the whole gives, in bounded memory."""

import io
import json
import tracemalloc
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tasks.portability import json_items
from app.tasks.portability.errors import UnreadableFileError
from app.tasks.portability.json_items import ANY, read_items
from app.tasks.portability.taskfleet_csv import TaskfleetCsvSource

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"/u\U0001f600d83'))


def read_in_pieces(content: bytes, size: int) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "_PIECE_BYTES", size)
        return [item.value for item in read_items(io.BytesIO(content), (ANY,))]


class TestTextInPieces:
    @given(st.lists(texts, min_size=1), st.integers(1, 40))
    def test_is_what_it_is_as_a_whole(self, values: list[str], size: int) -> None:
        assert read_in_pieces(json.dumps(values).encode(), size) == values

    @given(st.integers(1, 40), st.sampled_from([r"\ud83d", r"\ud83dx", r"\ud83d\n", r"\\\ud83d", r"\ud83d\u0041"]))
    def test_is_refused_with_a_lone_surrogate_wherever_it_is_cut(self, size: int, surrogate: str) -> None:
        with pytest.raises(UnreadableFileError, match="lone surrogate"):
            read_in_pieces(f'["{surrogate}"]'.encode(), size)


class TestANumber:
    """The parser crashes, and the process with it, where Python refuses to make an integer of so many digits."""

    @pytest.mark.parametrize("size", [1, 7, 639, 640, 641, 65_536])
    @pytest.mark.parametrize("written", ["{}", "-{}", "0.{}", "1e{}", "[{}]"])
    @pytest.mark.parametrize("digits", [641, 5_000, 200_000])
    def test_of_too_many_digits_is_refused_at_its_place_wherever_it_is_cut(
        self, size: int, written: str, digits: int
    ) -> None:
        number = written.format("9" * digits)
        with pytest.raises(UnreadableFileError, match="a number that is too long") as caught:
            read_in_pieces(rf'["\\\"", {number}, 1]'.encode(), size)
        assert caught.value.place.pointer == "/1"

    @pytest.mark.parametrize("size", [1, 7, 639, 640, 641, 65_536])
    def test_of_as_many_as_there_may_be_is_read(self, size: int) -> None:
        number = 10**640 - 1
        assert read_in_pieces(f"[{number},{number}]".encode(), size) == [number] * 2

    @given(texts, st.integers(641, 700), texts, st.integers(1, 800))
    def test_is_none_within_a_text(self, before: str, digits: int, after: str, size: int) -> None:
        values = [before + "1" * digits + after, 7, before]
        assert read_in_pieces(json.dumps(values).encode(), size) == values


class TestAFileOfLongNames:
    def _peak_of(self, file: BinaryIO) -> int:
        tracemalloc.start()
        try:
            with pytest.raises(UnreadableFileError):
                list(read_items(file, ("tasks", ANY)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("length", [100, 200_000])
    def test_takes_no_memory(self, length: int) -> None:
        head, line = b'{"x":1', f',"{{}}{"x" * length}":1'
        assert self._peak_of(io.BytesIO(head + b"".join(line.format(n).encode() for n in range(60)))) < 2_000_000

    def test_is_not_quoted_in_full(self) -> None:
        with pytest.raises(UnreadableFileError) as caught:
            list(read_items(io.BytesIO(b'{"' + b"x" * 500_000 + b'":1}'), ("tasks", ANY)))

        assert len(str(caught.value)) < 1_000


class TestACsvFileOfLongListIds:
    def test_takes_no_memory(self) -> None:
        rows = "title,list_id\n" + "".join(f"x,{number}{'y' * 20_000}\n" for number in range(500))
        file = io.BytesIO(rows.encode())
        tracemalloc.start()
        try:
            assert sum(1 for _ in TaskfleetCsvSource(file).records()) == 1_000
            assert tracemalloc.get_traced_memory()[1] < 3_000_000
        finally:
            tracemalloc.stop()
