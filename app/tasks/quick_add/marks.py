"""Reading the words that begin with a mark: `#label`, `@list`, `!priority`."""

import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

ListId = TypeVar("ListId")

# Those of `app.tasks.schemas`.
MAX_LABELS, MAX_LABEL_LENGTH = 20, 50

_PRIORITIES = {
    **dict.fromkeys(("!1", "!low"), 1),
    **dict.fromkeys(("!2", "!medium"), 2),
    **dict.fromkeys(("!3", "!high"), 3),
    **dict.fromkeys(("!4", "!urgent"), 4),
}
# Joiners within words of Persian and the scripts of India (Unicode Standard, section 23.2).
_JOINERS = "\u200c\u200d"


def read_label(text: str) -> str | None:
    """Return the label of `#label`: letters, digits, `-` and `_`, and at least one letter, or it is a number."""
    name = text[1:]
    if text[:1] != "#" or len(name) > MAX_LABEL_LENGTH or not any(char.isalpha() for char in name):
        return None
    return name if all(_is_part_of_label(char) for char in name) else None


def _is_part_of_label(char: str) -> bool:
    # Marks are vowels in many scripts, and accents in text that is not composed.
    return char.isalnum() or char in "-_" or char in _JOINERS or unicodedata.category(char).startswith("M")


def read_priority(word: str) -> int | None:
    """Return the priority of `!high` or `!3`, 1 to 4."""
    return _PRIORITIES.get(word)


class ListNames(Generic[ListId]):
    """Finds lists by their names, in whatever case; of lists with the same name the first one."""

    def __init__(self, lists: Iterable[tuple[ListId, str]]) -> None:
        self._exact: dict[str, ListId] = {}
        self._loose: dict[str, ListId] = {}
        for list_id, name in lists:
            self._exact.setdefault(_fold(name), list_id)
            self._loose.setdefault(_loosen(name), list_id)

    def read(self, text: str) -> ListId | None:
        """Return the list of `@name` or `@"its name"`, or None. `-` and `_` stand for blanks."""
        if text[:1] != "@":
            return None
        name = text[1:]
        if len(name) > 1 and name[0] == name[-1] == '"':
            name = name[1:-1]
        return self._exact.get(_fold(name), self._loose.get(_loosen(name)))


def _fold(name: str) -> str:
    # Composed again after folding, which may take letters apart (Unicode Standard, section 3.13).
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def _loosen(name: str) -> str:
    return " ".join(_fold(name).translate({ord("-"): " ", ord("_"): " "}).split())
