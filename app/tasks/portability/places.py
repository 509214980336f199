"""Where imported tasks and lists stand among what is there already."""

from dataclasses import dataclass

from app.tasks.position import MAX_POSITION_LENGTH, integer_part_length, position_between

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 62 ** 5 are 916 million, more than any file holds.
_NUMBER_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Positions for what is imported; `base` is one behind all that were there, or None in an empty account.

    In an empty account positions stay as they are. Otherwise they move behind `base`, in the same order: each becomes
    a fraction of it.
    """

    base: str | None

    def settle(self, position: str | None, number: int) -> str:
        """Return the position of the item with this number in the file; None stands for one without a position."""
        if position is None:
            return self.by_number(number)
        if self.base is None:
            return position
        # Of one integer, the position without a fraction comes first. None ends in a zero, as no fraction may.
        length = integer_part_length(position)
        integer, fraction = position[:length], position[length:]
        moved = f"{self.base}{integer}{f'2{fraction}' if fraction else '1'}"
        return moved if len(moved) <= MAX_POSITION_LENGTH else self.by_number(number)

    def by_number(self, number: int) -> str:
        """Return a position by the order of the file."""
        return f"{self.base or position_between(None, None)}{_to_digits(number)}1"

    @staticmethod
    def part(position: str, number: int) -> str:
        """Return another position right behind one that is taken."""
        kept = position[: MAX_POSITION_LENGTH - _NUMBER_WIDTH - 1]
        return f"{kept}{_to_digits(number)}1"


def _to_digits(number: int) -> str:
    digits = ""
    for _ in range(_NUMBER_WIDTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
