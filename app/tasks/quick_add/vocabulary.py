"""The English words for days, months, units and numbers."""

import re
from typing import Literal

Unit = Literal["day", "week", "month", "year"]

_WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

# Monday is 0, as in `date.weekday`.
WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES)}
SHORT_WEEKDAYS = {name[:3]: number for number, name in enumerate(_WEEKDAY_NAMES)} | {
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
ALL_WEEKDAYS = WEEKDAYS | SHORT_WEEKDAYS
# "on mondays" is every Monday.
PLURAL_WEEKDAYS = {f"{name}s": number for name, number in WEEKDAYS.items()}
# Short names that are also words of their own.
WORDLIKE_WEEKDAYS = frozenset({"sun", "sat", "wed"})

MONTHS = (
    {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
    | {name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}
    | {"sept": 9}
)
WORDLIKE_MONTHS = frozenset({"may", "march"})

UNITS: dict[str, Unit] = {
    **dict.fromkeys(("day", "days"), "day"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
    **dict.fromkeys(("year", "years"), "year"),
}
MINUTES_OF = {
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 1),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), 60),
}

_NUMBER_NAMES = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_NUMBERS = {name: number for number, name in enumerate(_NUMBER_NAMES, 1)}
# Three digits are enough for what people plan.
_DIGITS = re.compile(r"[0-9]{1,3}")
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
MAX_DAY_OF_MONTH = 31

# Behind these a day or a time is not when the task is due: "letter from Monday", "before Friday", "9am to 5pm".
RELATIONS = frozenset(
    {
        *("from", "since", "until", "till", "after", "before", "between", "than", "to", "and", "or", "&", "of"),
        *("last", "past", "previous", "the", "a", "an", "every", "each", "any", "not", "about"),
    }
)
# Behind these digits count something else: "chapter 9:30", "score 3/5".
COUNTING_WORDS = frozenset(
    {
        *("version", "chapter", "section", "page", "room", "part", "step", "level", "stage", "round", "unit"),
        *("lesson", "exercise", "question", "episode", "season", "volume", "issue", "item", "verse"),
        *("score", "scored", "rate", "rated", "rating", "grade", "graded", "result"),
    }
)
# With these a day's name is the name of something else.
NAMING_WORDS = frozenset(
    {
        *("ash", "black", "casual", "cyber", "easter", "good", "happy", "holy", "palm", "super"),
        *("bloody", "blue", "fat", "freaky", "giving", "manic", "maundy", "ruby", "shrove", "stormy", "whit"),
        *("great", "long", "lovely", "nice", "whole"),
    }
)


def read_number(word: str) -> int | None:
    """Return a positive number of up to three digits, or one that is written out up to twelve."""
    if _DIGITS.fullmatch(word):
        return int(word) or None
    return _NUMBERS.get(word)


def read_ordinal(word: str) -> int | None:
    """Return the number of `1st` to `31st`, or of `first` to `fifth`."""
    match = _ORDINAL.fullmatch(word)
    number = int(match[1]) if match else _ORDINALS.get(word, 0)
    return number if 1 <= number <= MAX_DAY_OF_MONTH else None
