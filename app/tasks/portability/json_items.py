"""Reads items out of a JSON file of any size, one at a time and by the rules of `app.api.strict_json`."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any, BinaryIO

import ijson

from app.api.strict_json import MAX_JSON_DEPTH
from app.tasks.portability.encoding import MAX_ITEMS, TOO_MANY_ITEMS, begin_text
from app.tasks.portability.errors import Place, UnreadableFileError

# As long as the body of a request that makes one task may be.
MAX_ITEM_BYTES = 1_048_576
# What the parser is given at a time; larger pieces are no faster.
_PIECE_BYTES = 65_536
# All of an escaped surrogate pair (`\\ud83d\\ude00`) but its last digit.
_LONGEST_BEGINNING = 11
# What may be the beginning of an escape, or of a pair of them, at the end of a piece.
_BEGINNING = re.compile(rb"(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
# The parser would make a question mark of it. Ahead of the escape stands an even number of backslashes.
_LONE_SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")

# The least that Python may be told to make an integer of (PYTHONINTMAXSTRDIGITS). Where that fails, the parser (ijson
# 3.6) goes on with the error pending, and takes the process down.
_MAX_DIGITS = 640
_DIGITS = b"0123456789"
# Makes all of them equal: a text is found many times as quickly as a pattern.
_TO_ZEROS = bytes.maketrans(_DIGITS, b"0" * 10)
_TOO_MANY_ZEROS = b"0" * (_MAX_DIGITS + 1)

_OPENING = {"start_map": dict, "start_array": list}
_CLOSING = frozenset({"end_map", "end_array"})

# No format has more than a handful of members at the top; their names are remembered.
_MAX_MEMBERS = 50
_MAX_NAME_LENGTH = 200

ANY = "*"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A value of the file, and where it stands: the names and numbers that lead to it."""

    location: tuple[str | int, ...]
    value: Any

    @property
    def place(self) -> Place:
        """Return where it stands, for people and programs."""
        return Place(_pointer_to(self.location))


def _pointer_to(location: Sequence[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


class _BrokenRuleError(ValueError):
    """The file breaks a rule, which the message tells."""


class _LongNumbers:
    """Looks for numbers of more digits than the parser can bear, in one piece of the file after the other."""

    def __init__(self) -> None:
        self._is_in_string = False
        # How many the last piece ended with.
        self._digits = 0

    def find(self, piece: bytes) -> int | None:
        """Return where the first one begins, or goes on. Strings may hold digits as they like."""
        leading = len(piece) - len(piece.lstrip(_DIGITS))
        if not self._is_in_string and self._digits + leading > _MAX_DIGITS:
            return 0
        zeros, passed = piece.translate(_TO_ZEROS), 0
        while (start := zeros.find(_TOO_MANY_ZEROS, passed)) >= 0:
            self._pass(piece[passed:start])
            if not self._is_in_string:
                return start
            passed = start + len(_TOO_MANY_ZEROS)
        self._pass(piece[passed:])
        trailing = len(piece) - len(piece.rstrip(_DIGITS))
        self._digits = trailing + (self._digits if trailing == len(piece) else 0)
        return None

    def _pass(self, text: bytes) -> None:
        quotes = text.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in text else text
        self._is_in_string ^= quotes.count(b'"') % 2 == 1


class _BoundedPieces:
    """What the parser reads: it ends with an error ahead of what the parser must not see."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.since_item = 0
        self._held_back = b""
        self._long_numbers = _LongNumbers()
        self._refusal: str | None = None

    def read(self, size: int) -> bytes:
        """Return up to about `size` bytes, never half of an escape."""
        if self._refusal is not None:
            raise _BrokenRuleError(self._refusal)
        piece = self._read_whole_escapes(size)
        self.since_item += len(piece)
        if self.since_item > MAX_ITEM_BYTES + 2 * _PIECE_BYTES:
            raise _BrokenRuleError(f"It is longer than {MAX_ITEM_BYTES} bytes.")
        lone, long = _LONE_SURROGATE.search(piece), self._long_numbers.find(piece)
        end = len(piece)
        if lone is not None:
            end, self._refusal = lone.start(), "It holds a lone surrogate, which is no character."
        if long is not None and long < end:
            end, self._refusal = long, "It holds a number that is too long."
        # What is ahead of it is parsed first, so that the error names the place.
        return piece if self._refusal is None else piece[:end] or self.read(size)

    def _read_whole_escapes(self, size: int) -> bytes:
        """Return what comes next; an escape that may have only begun is held back until the rest of it is there."""
        while more := self._file.read(size):
            text = self._held_back + more
            end = _end_of_whole_escapes(text)
            self._held_back = text[end:]
            if end:
                return text[:end]
        rest, self._held_back = self._held_back, b""
        return rest


def _end_of_whole_escapes(text: bytes) -> int:
    """Return where text must be cut so that it begins and ends with no half of an escape."""
    start = max(len(text) - _LONGEST_BEGINNING, 0)
    while found := _BEGINNING.search(text, start):
        start = found.start()
        backslashes = start - len(text[:start].rstrip(b"\\"))
        if backslashes % 2 == 0 or start == len(text):
            return start
        start += 1  # this backslash is itself escaped
    return len(text)


class _Builder:
    """Makes a value of the parser's events, of an object perhaps some members alone."""

    def __init__(self, keep: frozenset[str] | None) -> None:
        """`keep` names the members of an object that are wanted; None stands for all."""
        self.value: Any = None
        self._keep = keep
        self._containers: list[Any] = []
        self._names: list[str] = []
        self._skipped_depth = 0
        self._is_skipping = False

    @property
    def depth(self) -> int:
        """How many containers are open."""
        return len(self._containers) + self._skipped_depth

    @property
    def is_skipping(self) -> bool:
        """Whether what comes is left out."""
        return self._is_skipping

    def add(self, event: str, value: Any) -> bool:
        """Take an event, and return whether the value is complete. Raises `_BrokenRuleError` for a repeated name."""
        if self._is_skipping:
            self._skip(event)
            return False
        if event == "map_key":
            if value in self._containers[-1]:
                raise _BrokenRuleError(f"The member {value[:50]!r} is there twice.")
            self._is_skipping = self._keep is not None and len(self._containers) == 1 and value not in self._keep
            self._names[-1] = value
        elif event in _CLOSING:
            self._containers.pop()
            self._names.pop()
        else:
            self._put(event, value)
        return not self._containers

    def _skip(self, event: str) -> None:
        if event in _OPENING:
            self._skipped_depth += 1
        elif event in _CLOSING:
            self._skipped_depth -= 1
        self._is_skipping = self._skipped_depth > 0

    def _put(self, event: str, value: Any) -> None:
        container = _OPENING.get(event)
        made = value if container is None else container()
        if not self._containers:
            self.value = made
        elif isinstance(self._containers[-1], dict):
            self._containers[-1][self._names[-1]] = made
        else:
            self._containers[-1].append(made)
        if container is not None:
            self._containers.append(made)
            self._names.append("")


def read_items(
    file: BinaryIO,
    *paths: Path,
    keep: frozenset[str] | None = None,
    members: dict[str, str] | None = None,
) -> Iterator[Item]:
    """Yield the values at the paths, in which `ANY` stands for the numbers of an array.

    If `keep` is given, only those members of them are wanted; the others, and everything else in the file, are read
    and forgotten. `members` is filled with the names at the top and the event with which the value of each begins.
    Raises `UnreadableFileError` where the file is no JSON, or breaks a rule.
    """
    begin_text(file, Place())
    pieces = _BoundedPieces(file)
    location: list[str | int] = []
    try:
        yield from _walk(pieces, location, _Wanted(paths, keep, {} if members is None else members))
    except UnicodeDecodeError:
        detail = "It holds a lone surrogate, or bytes that are no UTF-8."
    except ijson.JSONError as error:
        detail = f"The file is not valid JSON: {_first_line(error)}."
    except _BrokenRuleError as error:
        detail = str(error)
    except DecimalException:
        detail = "It holds a number that is too large."
    else:
        return
    if location and location[-1] == "":  # an object of which no member has begun
        location.pop()
    raise UnreadableFileError(Place(_pointer_to(location)), detail)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a walk looks for."""

    paths: Sequence[Path]
    keep: frozenset[str] | None
    members: dict[str, str]

    @staticmethod
    def check_name(location: Sequence[str | int], name: str) -> None:
        """Refuse a member at the top whose name is too long to be remembered."""
        if len(location) == 1 and len(name) > _MAX_NAME_LENGTH:
            raise _BrokenRuleError(f"The name of a member is longer than {_MAX_NAME_LENGTH} characters.")

    def begin(self, location: Sequence[str | int], event: str) -> _Builder | None:
        """Return what makes the value that begins at a location, if it is wanted."""
        if len(location) == 1 and isinstance(location[0], str):
            if location[0] in self.members:
                raise _BrokenRuleError("The file has this member twice.")
            if len(self.members) >= _MAX_MEMBERS:
                raise _BrokenRuleError(f"The file has more than {_MAX_MEMBERS} members.")
            self.members[location[0]] = event
        return _Builder(self.keep) if any(_is_at(location, path) for path in self.paths) else None


def _walk(pieces: _BoundedPieces, location: list[str | int], wanted: _Wanted) -> Iterator[Item]:
    builder: _Builder | None = None
    count = 0
    for event, value in _parse(pieces):
        depth = len(location) + (0 if builder is None else builder.depth)
        if event in _OPENING and depth >= MAX_JSON_DEPTH:
            raise _BrokenRuleError(f"It is nested deeper than {MAX_JSON_DEPTH} levels.")
        if builder is None:
            pieces.since_item = 0
            if event == "map_key":
                wanted.check_name(location, value)
                location[-1] = value
                continue
            if event in _CLOSING:
                location.pop()
                _step(location)
                continue
            count += 1  # items, and values that stand beside them
            if count > MAX_ITEMS:
                raise _BrokenRuleError(TOO_MANY_ITEMS)
            builder = wanted.begin(location, event)
            if builder is None:
                _enter_or_pass(location, event)
                continue
        elif builder.is_skipping:
            pieces.since_item = 0
        if builder.add(event, value):
            yield Item(tuple(location), builder.value)
            builder = None
            _step(location)


def _parse(pieces: _BoundedPieces) -> Iterator[tuple[str, Any]]:
    """Yield the parser's events, with integers of any size and other numbers as floats."""
    for event, value in ijson.basic_parse(pieces, buf_size=_PIECE_BYTES):
        if not isinstance(value, Decimal):
            yield event, value
        elif math.isfinite(number := float(value)):
            yield event, number
        else:
            raise _BrokenRuleError("It holds a number that is too large.")


def _enter_or_pass(location: list[str | int], event: str) -> None:
    if event in _OPENING:
        location.append(0 if event == "start_array" else "")
    else:
        _step(location)


def _step(location: list[str | int]) -> None:
    """Go on to the next place of an array; that of an object is named by what follows."""
    if location and isinstance(location[-1], int):
        location[-1] += 1


def _is_at(location: Sequence[str | int], path: Path) -> bool:
    return len(location) == len(path) and all(
        isinstance(part, int) if expected == ANY else part == expected
        for part, expected in zip(location, path, strict=True)
    )


def _first_line(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    return text.partition("\n")[0].strip()
