"""Who is let into the cache: what was asked once may never be asked again."""

import itertools
from uuid import UUID

# About 2 MB of a worker's memory; the time in which so many new things are asked is how long one is remembered.
_MAX_REMEMBERED = 20_000


class Doorkeeper:
    """Admits an answer from the second time on that it is asked for, as far as this process remembers.

    Cf. the doorkeeper of TinyLFU (Einziger, Friedman and Manes, ACM Transactions on Storage 13(4), 2017). It goes by
    digests: of two things with the same one, the second is admitted a little early.
    """

    def __init__(self, max_remembered: int = _MAX_REMEMBERED) -> None:
        self._max_remembered = max_remembered
        self._asked: dict[int, None] = {}

    def admits(self, user_id: UUID, name: bytes) -> bool:
        """Whether this user asked for this name before; notes that it was asked for now."""
        digest = hash((user_id, name))
        if digest in self._asked:
            return True
        if len(self._asked) >= self._max_remembered:
            # A tenth at a time, so that this is rare.
            for oldest in list(itertools.islice(self._asked, max(self._max_remembered // 10, 1))):
                del self._asked[oldest]
        self._asked[digest] = None
        return False
