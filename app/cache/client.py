"""The connection to the cache server, with a deadline on every call."""

import asyncio

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.core.settings import CacheSettings

# A healthy cache answers in well under a millisecond; beyond this it is slower than doing without.
CALL_TIMEOUT_SECONDS = 0.25


class CacheClient:
    """One connection pool to the cache server."""

    def __init__(self, settings: CacheSettings) -> None:
        self._redis = (
            None
            if settings.url is None
            # What is worth repeating, and when, is known where the calls are made.
            else redis.asyncio.Redis.from_url(settings.url.get_secret_value(), retry=Retry(NoBackoff(), 0))
        )

    @property
    def redis(self) -> redis.asyncio.Redis | None:
        """The client library's own object, or None when there is no cache."""
        return self._redis

    @property
    def is_configured(self) -> bool:
        """Whether there is a cache at all."""
        return self._redis is not None

    async def ping(self) -> bool:
        """Whether the cache server answers within the deadline."""
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Close every connection."""
        if self._redis is not None:
            await self._redis.aclose()
