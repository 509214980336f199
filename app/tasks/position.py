"""Positions: fractional indices, so that moving one task writes one document.

A position is text that is compared byte by byte: an integer part, whose first character tells its length so
that longer means later, and a fraction. Between any two positions there is always another one. The scheme is
David Greenspan's ("Implementing Fractional Indexing", 2020).
"""

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ZERO, _LAST = _DIGITS[0], _DIGITS[-1]
# 'a'..'z' open integers of 1..26 digits from zero up, 'Z'..'A' those below zero.
_FIRST_POSITION = "a0"
_SMALLEST_INTEGER = "A" + _ZERO * 26

MAX_POSITION_LENGTH = 500
_PATTERN = re.compile(r"[A-Za-z][0-9A-Za-z]*")


def position_between(before: str | None, after: str | None) -> str:
    """Return a position after `before` and ahead of `after`; None stands for the open end on that side.

    Raises `ValueError` when `before` does not come ahead of `after`.
    """
    if before is not None and after is not None and before >= after:
        raise ValueError("the positions are not in order")
    if before is None:
        return _FIRST_POSITION if after is None else _position_ahead_of(after)
    integer, fraction = _split(before)
    if after is None:
        following = _increment(integer)
        return integer + _midpoint(fraction, None) if following is None else following
    after_integer, after_fraction = _split(after)
    if integer == after_integer:
        return integer + _midpoint(fraction, after_fraction)
    following = _increment(integer)
    if following is not None and following < after:
        return following
    return integer + _midpoint(fraction, None)


def is_position(text: str) -> bool:
    """Whether `text` is a position that this module could have made."""
    if len(text) > MAX_POSITION_LENGTH or not _PATTERN.fullmatch(text):
        return False
    length = integer_part_length(text)
    return len(text) >= length and text != _SMALLEST_INTEGER and not text[length:].endswith(_ZERO)


def _position_ahead_of(after: str) -> str:
    integer, fraction = _split(after)
    if integer == _SMALLEST_INTEGER:
        return integer + _midpoint("", fraction)
    if fraction:
        return integer
    preceding = _decrement(integer)
    # The smallest integer alone would leave no room ahead of it.
    return preceding + _midpoint("", None) if preceding == _SMALLEST_INTEGER else preceding


def _midpoint(low: str, high: str | None) -> str:
    """Return a fraction between two fractions; no fraction ends in zero, so there is always room."""
    if high is not None:
        shared = 0
        while shared < len(high) and (low[shared] if shared < len(low) else _ZERO) == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + _midpoint(low[shared:], high[shared:])
    low_digit = _DIGITS.index(low[0]) if low else 0
    high_digit = _DIGITS.index(high[0]) if high else len(_DIGITS)
    if high_digit - low_digit > 1:
        return _DIGITS[(low_digit + high_digit) // 2]
    if high and len(high) > 1:
        return high[0]
    return _DIGITS[low_digit] + _midpoint(low[1:], None)


def _split(position: str) -> tuple[str, str]:
    length = integer_part_length(position)
    return position[:length], position[length:]


def integer_part_length(position: str) -> int:
    """Return how many characters of a position, by its first one, are its integer part."""
    head = position[0]
    return ord(head) - ord("a") + 2 if head >= "a" else ord("Z") - ord(head) + 2


def _increment(integer: str) -> str | None:
    head, digits = integer[0], integer[1:]
    kept = digits.rstrip(_LAST)
    if kept:
        raised = _DIGITS[_DIGITS.index(kept[-1]) + 1]
        return head + kept[:-1] + raised + _ZERO * (len(digits) - len(kept))
    if head == "z":
        return None
    if head == "Z":
        return _FIRST_POSITION
    next_head = chr(ord(head) + 1)
    return next_head + _ZERO * (integer_part_length(next_head) - 1)


def _decrement(integer: str) -> str:
    """Return the integer below; the caller has made sure that there is one."""
    head, digits = integer[0], integer[1:]
    kept = digits.rstrip(_ZERO)
    if kept:
        lowered = _DIGITS[_DIGITS.index(kept[-1]) - 1]
        return head + kept[:-1] + lowered + _LAST * (len(digits) - len(kept))
    next_head = "Z" if head == "a" else chr(ord(head) - 1)
    return next_head + _LAST * (integer_part_length(next_head) - 1)
