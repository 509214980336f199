"""When what failed is tried again, and when it is given up."""

import random
from datetime import timedelta

# The waits below add up to 24.8 hours at least, 37 on average: a receiver may be away for a day.
MAX_ATTEMPTS = 23
_FIRST_BACKOFF_SECONDS = 10.0
_LAST_BACKOFF_SECONDS = 4 * 3600.0


def backoff(attempts: int, retry_after_seconds: float | None = None) -> timedelta:
    """Return how long to wait after so many attempts (1 is the first).

    A random time between half of a bound and the bound, which doubles with each attempt, so that what failed together
    does not come back together, and nothing has used its attempts up early. Not before the receiver wants it, if that
    is no later than the last of our own bounds.
    """
    bound = min(_FIRST_BACKOFF_SECONDS * 2.0 ** (attempts - 1), _LAST_BACKOFF_SECONDS)
    wait = random.uniform(bound / 2, bound)  # noqa: S311 - spreads load, guards nothing
    asked = min(max(retry_after_seconds or 0.0, 0.0), _LAST_BACKOFF_SECONDS)
    return timedelta(seconds=asked + wait if asked else wait)


def pause() -> timedelta:
    """Return how long to wait after what was no attempt: the database was away, which an election ends in seconds.

    From nothing up to the first bound, because nothing is used up by it, and whoever waits is owed something.
    """
    return timedelta(seconds=random.uniform(0, _FIRST_BACKOFF_SECONDS))  # noqa: S311 - as above
