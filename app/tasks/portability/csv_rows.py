"""Reads the rows of a CSV file (RFC 4180) of any size, one at a time."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.tasks.portability.encoding import MAX_ITEMS, TOO_MANY_ITEMS, begin_text
from app.tasks.portability.errors import Place, UnreadableFileError

# As long as the body of a request that makes one task may be.
_MAX_ROW_BYTES = 1_048_576
# A cell may be as long as its row; by itself the module allows 131,072 characters.
csv.field_size_limit(_MAX_ROW_BYTES)
# Some languages' spreadsheets write these in place of the comma.
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """A row by the names of its columns; a row that is too short lacks the last of them.

    `surplus` is how many cells there are beyond the columns.
    """

    place: Place
    cells: Mapping[str, str]
    surplus: int


class _BoundedLines:
    """The lines of a file as text; it ends with an error when a row gets too long."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0
        self.row_bytes = 0

    def __iter__(self) -> "_BoundedLines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_MAX_ROW_BYTES + 1)
        if not line:
            raise StopIteration
        self.count += 1
        self.row_bytes += len(line)
        if self.row_bytes > _MAX_ROW_BYTES:
            raise ValueError(f"The row is longer than {_MAX_ROW_BYTES} bytes.")
        if b"\x00" in line:
            raise ValueError("It holds NUL, which is no text.")
        return line.decode()


def read_rows(file: BinaryIO, check_columns: Callable[[Sequence[str]], None]) -> Iterator[Row]:
    """Yield the rows below the header, which is checked first; empty lines are passed over.

    Raises `UnreadableFileError`, as `check_columns` may do, which is given the names of the columns.
    """
    begin_text(file, Place(line=1))
    lines = _BoundedLines(file)
    try:
        yield from _read(lines, _find_delimiter(file), check_columns)
    except UnicodeDecodeError:
        raise UnreadableFileError(Place(line=lines.count), "It holds bytes that are no UTF-8.") from None
    except (csv.Error, ValueError) as error:
        raise UnreadableFileError(Place(line=lines.count), f"{str(error).rstrip('.')}.") from None


def _find_delimiter(file: BinaryIO) -> str:
    start = file.tell()
    header = file.readline(_MAX_ROW_BYTES)
    file.seek(start)
    if b"\r" in header.rstrip(b"\r\n"):
        raise UnreadableFileError(Place(line=1), "Its lines end with CR alone; save it with LF or CR LF.")
    return max(_DELIMITERS, key=lambda delimiter: header.count(delimiter.encode()))


def _read(lines: _BoundedLines, delimiter: str, check_columns: Callable[[Sequence[str]], None]) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns = [name.strip() for name in next(reader, [])]
    if not columns:
        raise ValueError("The names of the columns are missing.")
    if len(set(columns)) < len(columns):
        raise ValueError("Two columns have the same name.")
    check_columns(columns)
    lines.row_bytes, first_line = 0, lines.count + 1
    for count, cells in enumerate(reader, 1):
        if count > MAX_ITEMS:
            raise ValueError(TOO_MANY_ITEMS)
        if cells:
            place = Place(line=first_line)
            yield Row(place, dict(zip(columns, cells, strict=False)), max(len(cells) - len(columns), 0))
        lines.row_bytes, first_line = 0, lines.count + 1
