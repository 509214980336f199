"""The cache, put together: on a cache server, in the process itself, or none."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.cache.client import CacheClient
from app.cache.fences import Fences
from app.cache.memory_store import MemoryStore
from app.cache.no_store import NoStore
from app.cache.redis_store import RedisStore
from app.cache.shared import SharedCache
from app.cache.store import CacheStore
from app.core.metrics import CacheMetrics
from app.core.settings import CacheSettings


@dataclass(frozen=True, slots=True)
class CacheModule:
    """What requests and changes need of the cache."""

    client: CacheClient
    store: CacheStore
    fences: Fences
    shared: SharedCache


@asynccontextmanager
async def run_cache(
    settings: CacheSettings, metrics: CacheMetrics, publish: Callable[[UUID, int], None]
) -> AsyncIterator[CacheModule]:
    """Keep the cache for as long as the context lasts.

    `publish` is told of the revisions that this process makes; a cache server tells the other processes.
    """
    client = CacheClient(settings)
    shared = SharedCache(client.redis if client.is_configured else None, metrics)
    try:
        if client.is_configured:
            redis_store = RedisStore(client, settings, metrics, publish)
            async with redis_store.running():
                yield CacheModule(client, redis_store, Fences(redis_store), shared)
        elif settings.is_only_process:
            memory_store = MemoryStore(settings.ttl_seconds, metrics, publish)
            yield CacheModule(client, memory_store, Fences(memory_store), shared)
        else:
            no_store = NoStore(publish)
            yield CacheModule(client, no_store, Fences(no_store), shared)
    finally:
        await shared.close()
        await client.close()
