"""One process of the service, with a part of the cache's protocol sabotaged if so asked: `service.py FD [NAME]`.

What is switched off here has no switch in `app/`. A sabotage shows that the hammer finds what the part is there for.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

from app.cache import redis_store
from app.cache.redis_store import RedisStore
from app.cache.watch import Watch
from app.serving import main

# Of so many changes one ends with the process: often enough for a run, seldom enough for work to go on.
_CHANGES_A_LIFE = 60
# A change takes some five milliseconds.
_LONGEST_DELAY_SECONDS = 0.02
# Of three calls one is lost.
_LOST_SHARE = 1 / 3


def lose_lowers() -> None:
    """Let every third lowering get lost, and acknowledge the change all the same."""
    original = RedisStore.lower_fence

    async def lower_fence(self: RedisStore, *arguments: Any) -> None:
        if random.random() > _LOST_SHARE:
            await original(self, *arguments)

    RedisStore.lower_fence = lower_fence


def raise_no_fence() -> None:
    """Raise no fence, and lose lowerings as well, which would otherwise make up for it."""
    lose_lowers()

    async def raise_fence(self: RedisStore, *arguments: Any, **options: Any) -> None:
        pass

    RedisStore.raise_fence = raise_fence


def fill_late() -> None:
    """Take some time between what was read and its fill, in which a whole change has room."""
    original = RedisStore.fill

    async def fill(self: RedisStore, *arguments: Any) -> None:
        await asyncio.sleep(random.uniform(0, _LONGEST_DELAY_SECONDS))
        await original(self, *arguments)

    RedisStore.fill = fill


def fill_without_comparing() -> None:
    """Fill whatever generation there is, and late, or the chance to do harm would seldom come."""
    fill_late()
    comparison = "if nonce ~= ARGV[1] then return 0 end"
    assert comparison in redis_store.FILL
    redis_store.FILL = redis_store.FILL.replace(comparison, "if not nonce then return 0 end")


def forget_suspects() -> None:
    """Leave the generations of those alone whose changes could not be told of, as a dead writer does."""

    async def end_suspects(self: RedisStore) -> None:
        self._suspects.clear()

    RedisStore._end_suspects = end_suspects


def trust_whatever_comes() -> None:
    """Believe every generation, whatever silence there was, and forget suspects, which would make up for much."""
    forget_suspects()
    Watch.is_current = property(lambda _: True)
    Watch.believes = lambda *_: True


def die_before_lowering() -> None:
    """Die by the kernel's hand between a commit and its acknowledgement, now and then."""
    original, lives_until = RedisStore.lower_fence, random.randint(1, _CHANGES_A_LIFE)
    changes = 0

    async def lower_fence(self: RedisStore, *arguments: Any) -> None:
        nonlocal changes
        changes += 1
        if changes >= lives_until:
            os.kill(os.getpid(), signal.SIGKILL)
        await original(self, *arguments)

    RedisStore.lower_fence = lower_fence


SABOTAGES: dict[str, Callable[[], None]] = {
    sabotage.__name__: sabotage
    for sabotage in (
        lose_lowers,
        raise_no_fence,
        fill_late,
        fill_without_comparing,
        forget_suspects,
        trust_whatever_comes,
        die_before_lowering,
    )
}


if __name__ == "__main__":
    for name in sys.argv[2:]:
        SABOTAGES[name]()
    main(sys.argv[1:2])
