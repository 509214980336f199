"""What a recogniser finds: a meaning, and the words that say it."""

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.tasks.quick_add.tokens import Line

Value_co = TypeVar("Value_co", covariant=True)


class Clarity(enum.Enum):
    """What words need beside them to be sure that they are a day, a time or a recurrence."""

    CLEAR = enum.auto()  # nothing
    NEEDS_END = enum.auto()  # a leading word, another phrase, or the end of the line
    NEEDS_LEAD = enum.auto()  # a leading word or another phrase
    NEEDS_LEAD_AND_END = enum.auto()  # a leading word, and nothing that goes on behind them, or another phrase
    CONTRADICTED = enum.auto()  # nothing helps: a day directly beside it says another one


@dataclass(frozen=True, slots=True)
class Found(Generic[Value_co]):
    """A meaning, and the number of the token behind the words that say it."""

    end: int
    value: Value_co
    clarity: Clarity = Clarity.CLEAR


def is_sure(line: Line, found: Found[object], *, is_led: bool) -> bool:
    """Whether the words mean what was found; `is_led` when a leading word or another phrase stands beside them."""
    if found.clarity is Clarity.CONTRADICTED:
        return False
    is_at_end = line.ends_before(found.end)
    if found.clarity is Clarity.NEEDS_LEAD_AND_END:
        return is_led and (is_at_end or bool(line.punctuation(found.end - 1)))
    return found.clarity is Clarity.CLEAR or is_led or (found.clarity is Clarity.NEEDS_END and is_at_end)
