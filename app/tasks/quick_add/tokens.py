"""The words of a line, and where in it they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Quoted text is one token when the quotation mark that comes next ends it, at the end of a word. No alternative looks
# beyond the next quotation mark, which keeps the search linear.
_TOKEN = re.compile(r'(?:@?"[^"]*"|“[^“”]*”)[.,;:!?]*(?!\S)|\S+')
_PUNCTUATION = ".,;:!?"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text, from `start` up to `end` (code points); `text` is without the punctuation behind it.

    `word` is the text in folded case. It is empty for quoted text, which is thereby no word of any phrase.
    """

    start: int
    end: int
    text: str
    word: str
    punctuation: str

    @property
    def is_capitalised(self) -> bool:
        """Whether the word looks like a name."""
        return self.text[:1].isupper()


def tokenize(text: str) -> list[Token]:
    """Return the tokens, in their order."""
    return [_make_token(match.start(), match.group()) for match in _TOKEN.finditer(text)]


def _make_token(start: int, whole: str) -> Token:
    text = whole.rstrip(_PUNCTUATION) or whole
    is_quoted = text[-1] in '"”' and text[0] in '"“' and len(text) > 1
    return Token(start, start + len(whole), text, "" if is_quoted else text.casefold(), whole[len(text) :])


class Line:
    """The tokens of a line, asked for by their number; behind the last one, words are empty."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens

    def word(self, index: int) -> str:
        """Return a word, or nothing before the first and behind the last one."""
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def next_word(self, index: int, allowed: str = "") -> str:
        """Return a word that goes on with the phrase before it: no punctuation but the allowed stands between."""
        return self.word(index) if self.punctuation(index - 1) in {"", allowed} else ""

    def punctuation(self, index: int) -> str:
        """Return the punctuation behind a word."""
        return self.tokens[index].punctuation if 0 <= index < len(self.tokens) else ""

    def is_name(self, index: int) -> bool:
        """Whether a word is capitalised though it does not begin the line."""
        return index > 0 and self.tokens[index].is_capitalised

    def ends_before(self, index: int) -> bool:
        """Whether nothing follows from here but marks (`#`, `@`, `!`) or a recurrence."""
        word = self.word(index)
        return index >= len(self.tokens) or word[:1] in {"#", "@", "!"} or word == "every"
