"""When what failed is tried again, and when it is given up."""

import random
from datetime import timedelta

# The waits below add up to 11 hours on average, 22 at most: a receiver may be away for a night.
MAX_ATTEMPTS = 16
_FIRST_BACKOFF_SECONDS = 10.0
_LAST_BACKOFF_SECONDS = 4 * 3600.0


def backoff(attempts: int, retry_after_seconds: float | None = None) -> timedelta:
    """Return how long to wait after so many attempts (1 is the first).

    A random time below a bound that doubles with each attempt (full jitter), so that what failed together does not
    come back together; not before the receiver wants it, if that is no later than the last of our own bounds.
    """
    bound = min(_FIRST_BACKOFF_SECONDS * 2.0 ** (attempts - 1), _LAST_BACKOFF_SECONDS)
    wait = random.uniform(0, bound)  # noqa: S311 - spreads load, guards nothing
    asked = min(max(retry_after_seconds or 0.0, 0.0), _LAST_BACKOFF_SECONDS)
    return timedelta(seconds=asked + wait if asked else wait)
