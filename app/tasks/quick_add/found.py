"""What a recogniser finds: a meaning, and the words that say it."""

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

Value_co = TypeVar("Value_co", covariant=True)


class Clarity(enum.Enum):
    """What words need beside them to be sure that they are a day, a time or a recurrence."""

    CLEAR = enum.auto()  # nothing
    NEEDS_END = enum.auto()  # a leading word, another phrase, or the end of the line
    NEEDS_LEAD = enum.auto()  # a leading word or another phrase
    NEEDS_LEAD_AND_END = enum.auto()  # a leading word, and nothing that goes on behind them, or another phrase


@dataclass(frozen=True, slots=True)
class Found(Generic[Value_co]):
    """A meaning, and the number of the token behind the words that say it."""

    end: int
    value: Value_co
    clarity: Clarity = Clarity.CLEAR
