"""Answers that this process has seen in the present generations, so that only their heads need to be asked for."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from app.cache.store import KnownAnswer, Reading

# Some thousand pages; a worker has 160 MB in all.
MAX_BYTES = 16_777_216
# What the books take for each, the last reply among them, and what its reader makes of it.
_ENTRY_BYTES = 1_500


@dataclass(slots=True)
class NearAnswer:
    """An answer and its generation, with what the server said of the user last, and what that means."""

    generation: bytes
    answer: KnownAnswer
    reply: Any = None
    reading: Reading | None = None
    # When the generation began, by the clock of the server, in microseconds since 1970.
    born_us: int = 0


class NearAnswers:
    """Keeps what was used last. A generation's answer never changes, so its nonce tells whether it still holds."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[tuple[bytes, bytes], NearAnswer] = OrderedDict()

    def find(self, user_key: bytes, name: bytes) -> NearAnswer | None:
        """Return an answer, which may be of a generation that is over."""
        found = self._answers.get((user_key, name))
        if found is not None:
            self._answers.move_to_end((user_key, name))
        return found

    def keep(self, user_key: bytes, name: bytes, generation: bytes, answer: bytes) -> None:
        """Keep an answer of this generation."""
        self.drop(user_key, name)
        self._answers[user_key, name] = NearAnswer(generation, KnownAnswer(answer))
        self._bytes += _size(name, answer)
        while self._bytes > self._max_bytes:
            self.drop(*next(iter(self._answers)))

    def drop(self, user_key: bytes, name: bytes) -> None:
        """Forget an answer, if it is here."""
        found = self._answers.pop((user_key, name), None)
        if found is not None:
            self._bytes -= _size(name, found.answer)


def _size(name: bytes, answer: bytes) -> int:
    return 2 * len(answer) + len(name) + _ENTRY_BYTES  # as it is stored, and as it was parsed
