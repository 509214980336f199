"""The composition root: opens the clients, builds the enabled modules and wires what crosses between them."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.types import Scope

from app.api.cached_reads import CachedReads
from app.api.client_address import ClientAddresses
from app.api.cookies import SessionCookies
from app.api.credentials import CredentialReader
from app.api.event_stream import EventStreams
from app.api.known_account import KnownAccounts
from app.api.personal_tokens import PersonalTokens
from app.api.rate_limit import RequestLimits
from app.api.security import Security
from app.api.token_uses import TokenUses
from app.auth.administration import Administration
from app.auth.module import AUTH_COLLECTIONS, build_auth
from app.cache.client import CacheClient
from app.cache.counter_exchange import CounterExchange
from app.cache.module import run_cache
from app.cache.revision_feed import RevisionFeed
from app.cache.revision_subscription import run_feed
from app.core.access_tokens import AccessTokenVerifier, SigningKey
from app.core.clock import Clock, SystemClock
from app.core.metrics import Metrics
from app.core.settings import Settings, SettingsError
from app.core.signing_keys import load_signing_key
from app.data.accounts import Accounts
from app.data.api_tokens import ApiTokens
from app.data.command_listeners import watch_database
from app.data.database import CommandListeners
from app.data.idempotency import IDEMPOTENCY, IdempotencyStore
from app.data.migrations import MigrationReport, Migrator, hold_migration_lease
from app.data.replica_reads import ReplicaReads
from app.data.sharding import Sharder, ShardingReport
from app.data.store import Store
from app.tasks.calendar_service import build_calendar_feeds
from app.tasks.common_task_module import COMMON_TASKS_PATH, build_common_tasks
from app.tasks.module import TASK_COLLECTIONS, build_tasks
from app.tasks.portability.module import build_portability

COLLECTIONS = (*AUTH_COLLECTIONS, *TASK_COLLECTIONS, IDEMPOTENCY)


@asynccontextmanager
async def run_services(
    app: FastAPI, settings: Settings, clock: Clock, listeners: CommandListeners = ()
) -> AsyncIterator[None]:
    """Put everything that requests need on `app.state` for as long as the context lasts."""
    state = app.state
    key = load_key(settings)
    cookies = SessionCookies(is_secure=settings.http.public_url.startswith("https:"))
    verifier = AccessTokenVerifier(key.public_keys, settings.jwt, clock)
    feed = RevisionFeed()
    async with AsyncExitStack() as stack:
        cache = await stack.enter_async_context(run_cache(settings.cache, state.metrics.cache, feed.publish))
        await stack.enter_async_context(run_feed(cache.client, state.metrics.cache, feed))
        state.cache = cache.client
        await stack.enter_async_context(_share_counts(state.limits, cache.client, state.metrics))
        watching = watch_database(state.metrics.mongo, state.span_recorders)
        state.store = Store.open(settings.mongo, clock, (*watching, *listeners), cache.fences)
        stack.push_async_callback(state.store.close)
        tokens = ApiTokens(state.store.database)
        state.token_uses = uses = TokenUses(tokens)
        await stack.enter_async_context(uses.run())
        state.credentials = credentials = CredentialReader(verifier, cookies, _seconds_of(clock), uses.note)
        accounts, known_accounts = Accounts(state.store.database), KnownAccounts(cache.store)
        replicas = ReplicaReads(state.store.database, state.metrics.replica) if settings.mongo.replica_reads else None
        state.cached_reads = CachedReads(cache.store, known_accounts, credentials, state.metrics.cache, replicas)
        state.idempotency = IdempotencyStore(state.store.database, clock)
        state.security = Security(
            credentials=credentials,
            accounts=accounts,
            known_accounts=known_accounts,
            tokens=PersonalTokens(tokens, accounts, _seconds_of(clock)),
            cookies=cookies,
            public_url=settings.http.public_url,
            is_local=settings.runtime.is_local,
        )
        state.events = EventStreams(feed, state.security, state.metrics.events)
        state.tasks = build_tasks(state.store, settings.tasks.quota)
        state.common_tasks = build_common_tasks(
            state.store, state.tasks.tasks, cache.shared, settings.cache.ttl_seconds
        )
        state.cached_reads.shared[COMMON_TASKS_PATH] = state.common_tasks.answer.find
        state.calendar = build_calendar_feeds(state.store, settings.http.public_url)
        state.auth = await stack.enter_async_context(
            build_auth(
                state.store,
                settings,
                key,
                cookies,
                cache.shared,
                erasers=(state.tasks.erase_user, state.calendar.erase_user),
                timezone_listeners=(state.tasks.rezone,),
            )
        )
        state.portability = await stack.enter_async_context(
            build_portability(state.store, state.tasks, state.auth.portable_profiles, settings.tasks.quota)
        )
        yield


@asynccontextmanager
async def open_administration(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Administration]:
    """Give a command what the routes of administrators have.

    The fences of the cache stand around its changes as well, so that running processes forget at once what they knew.
    """
    async with AsyncExitStack() as stack:
        cache = await stack.enter_async_context(
            run_cache(settings.cache, Metrics().cache, lambda _user_id, _revision: None)
        )
        store = Store.open(settings.mongo, clock or SystemClock(), (), cache.fences)
        stack.push_async_callback(store.close)
        yield Administration(store)


def build_limits(app: FastAPI, settings: Settings, clock: Clock) -> RequestLimits:
    """Return the limits of one app; they count from the start, before any connection is open."""

    def identify(scope: Scope) -> str | None:
        credentials: CredentialReader | None = getattr(app.state, "credentials", None)
        return None if credentials is None else credentials.read(scope).user_name or None

    addresses = ClientAddresses(settings.http.trusted_proxies)
    return RequestLimits(settings.rate_limits, addresses, identify, _seconds_of(clock))


def _seconds_of(clock: Clock) -> Callable[[], float]:
    # The same clock, without making a `datetime` of it several times for each request.
    return time.time if isinstance(clock, SystemClock) else lambda: clock.now().timestamp()


@asynccontextmanager
async def _share_counts(limits: RequestLimits, cache: CacheClient, metrics: Metrics) -> AsyncIterator[None]:
    """Exchange counts with the other processes, if there is anything to share and a server to share it through."""
    async with AsyncExitStack() as stack:
        if cache.is_configured and not limits.is_off:
            await stack.enter_async_context(CounterExchange(cache.redis, limits.counters, metrics).run())
        yield


def load_key(settings: Settings) -> SigningKey:
    """Return the key that signs access tokens. Raises `SettingsError` when none is set."""
    if settings.jwt.private_key_file is None:
        raise SettingsError("TASKFLEET_JWT_PRIVATE_KEY_FILE is missing; `taskfleet keys generate` makes one")
    return SigningKey(load_signing_key(settings.jwt.private_key_file))


def check_settings(settings: Settings) -> None:
    """Raise `SettingsError` for what only building the parts would show; nothing is connected."""
    load_key(settings)
    CacheClient(settings.cache)


async def apply_migrations(settings: Settings, clock: Clock | None = None) -> MigrationReport:
    """Bring the database to the declared collections, indexes and migrations."""
    clock = clock or SystemClock()
    store = Store.open(settings.mongo, clock)
    try:
        return await Migrator(store.database, clock, COLLECTIONS).run()
    finally:
        await store.close()


async def apply_sharding(
    settings: Settings, clock: Clock | None = None, *, may_rezone: bool = False
) -> tuple[MigrationReport, ShardingReport]:
    """Do what `apply_migrations` does, then shard the collections; `may_rezone` lets documents move.

    Raises `ShardingError`, before anything is changed if the server is no mongos.
    """
    clock = clock or SystemClock()
    store = Store.open(settings.mongo, clock)
    try:
        sharder = Sharder(store.database, COLLECTIONS)
        await sharder.require_router()
        migrated = await Migrator(store.database, clock, COLLECTIONS).run()
        async with hold_migration_lease(store.database, clock):
            return migrated, await sharder.run(may_rezone=may_rezone)
    finally:
        await store.close()
