"""The composition root: opens the clients, builds the enabled modules and wires what crosses between them."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
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
from app.cache.client import CacheClient
from app.cache.counter_exchange import CounterExchange
from app.cache.module import run_cache
from app.cache.revision_feed import RevisionFeed
from app.cache.revision_subscription import run_feed
from app.core.access_tokens import AccessTokenVerifier, KeyRing, KeySource, SigningKey
from app.core.clock import Clock, SystemClock
from app.core.metrics import Metrics
from app.core.published_keys import run_published_keys
from app.core.settings import CacheSettings, Settings, SettingsError
from app.core.signing_keys import load_signing_key, refuse_foreign_writers
from app.data.accounts import Accounts
from app.data.api_tokens import ApiTokens
from app.data.command_listeners import watch_database
from app.data.connection_string import check_connection_string
from app.data.database import CommandListeners
from app.data.idempotency import IdempotencyStore
from app.data.migrations import MigrationReport, Migrator, hold_migration_lease
from app.data.replica_reads import ReplicaReads
from app.data.sharding import Sharder, ShardingReport
from app.data.store import Store
from app.modules import (
    MODULE_PARTS,
    Surroundings,
    build_favours,
    collections_of,
    enabled_parts,
    migrations_of,
    run_modules,
)
from app.notifications.push.module import read_push_setup

logger = structlog.get_logger(__name__)

# Of all modules together.
COLLECTIONS = collections_of(tuple(MODULE_PARTS.values()))


@asynccontextmanager
async def run_services(
    app: FastAPI, settings: Settings, clock: Clock, listeners: CommandListeners = ()
) -> AsyncIterator[None]:
    """Put everything that requests need on `app.state` for as long as the context lasts."""
    state = app.state
    cookies = SessionCookies(is_secure=settings.http.public_url.startswith("https:"))
    feed = RevisionFeed()
    async with AsyncExitStack() as stack:
        key_source, key_ring = await _open_keys(stack, settings, state.metrics)
        state.key_source = key_source
        cache = await stack.enter_async_context(run_cache(choose_cache(settings), state.metrics.cache, feed.publish))
        await stack.enter_async_context(run_feed(cache.client, state.metrics.cache, feed))
        state.cache = cache.client
        await stack.enter_async_context(_share_counts(state.limits, cache.client, state.metrics))
        watching = watch_database(state.metrics.mongo, state.span_recorders)
        state.store = Store.open(settings.mongo, clock, (*watching, *listeners), cache.fences)
        state.metrics.mongo.connection_limit.set(state.store.database.connection_limit)
        stack.push_async_callback(state.store.close)
        tokens = ApiTokens(state.store.database)
        state.token_uses = uses = TokenUses(tokens)
        await stack.enter_async_context(uses.run())
        verifier = AccessTokenVerifier(key_source, settings.jwt, clock)
        state.credentials = credentials = CredentialReader(verifier, cookies, _seconds_of(clock), uses.note)
        key_source.tell_withdrawals(credentials.forget_all)
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
        surroundings = Surroundings(
            settings=settings,
            store=state.store,
            cookies=cookies,
            shared=cache.shared,
            shared_reads=state.cached_reads.shared,
            keys=key_ring,
            favours=build_favours(state.store),
        )
        await stack.enter_async_context(run_modules(state, surroundings))
        yield


@asynccontextmanager
async def open_store(settings: Settings, metrics: Metrics, clock: Clock | None = None) -> AsyncIterator[Store]:
    """Give the data layer to a process that answers no requests.

    The fences of the cache stand around its changes as well, so that running processes forget at once what they knew.
    """
    async with run_cache(settings.cache, metrics.cache, lambda _user_id, _revision: None) as cache:
        store = Store.open(settings.mongo, clock or SystemClock(), watch_database(metrics.mongo), cache.fences)
        metrics.mongo.connection_limit.set(store.database.connection_limit)
        try:
            yield store
        finally:
            await store.close()


@asynccontextmanager
async def open_administration(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Administration]:
    """Give a command what the routes of administrators have."""
    async with open_store(settings, Metrics(), clock) as store:
        yield Administration(store)


def build_limits(app: FastAPI, settings: Settings, clock: Clock) -> RequestLimits:
    """Return the limits of one app; they count from the start, before any connection is open."""

    def identify(scope: Scope) -> str | None:
        credentials: CredentialReader | None = getattr(app.state, "credentials", None)
        return None if credentials is None else credentials.read(scope).user_name or None

    addresses = ClientAddresses(settings.http.trusted_proxies, settings.http.forwarded_header)
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


async def _open_keys(stack: AsyncExitStack, settings: Settings, metrics: Metrics) -> tuple[KeySource, KeyRing | None]:
    """Return where public keys are found and, if this process signs, what it signs with."""
    if settings.runtime.signs_tokens:
        ring = load_key_ring(settings)
        return ring, ring
    keys = run_published_keys(require_key_set_url(settings), metrics.key_set)
    return await stack.enter_async_context(keys), None


def load_key_ring(settings: Settings) -> KeyRing:
    """Return the keys of access tokens. Raises `SettingsError` when there is none that signs."""
    if settings.jwt.private_key_file is None:
        raise SettingsError("TASKFLEET_JWT_PRIVATE_KEY_FILE is missing; `taskfleet keys generate` makes one")
    files = (settings.jwt.private_key_file, *settings.jwt.further_key_files)
    if not settings.runtime.is_local:  # on a laptop, file systems of other systems know no permissions
        for file in files:
            refuse_foreign_writers(file)
    signing, *others = (SigningKey(load_signing_key(file)) for file in files)
    return KeyRing(signing, others)


def require_key_set_url(settings: Settings) -> str:
    """Return where the public keys are. Raises `SettingsError` when that is not set."""
    if settings.jwt.jwks_url is None:
        raise SettingsError("TASKFLEET_JWKS_URL is missing; without the auth module it tells where the keys are")
    return settings.jwt.jwks_url


def choose_cache(settings: Settings) -> CacheSettings:
    """Return the cache's settings, in which only a process that is known to be alone may cache in its own memory.

    A module alone never is, and in production nobody is whom the operator has not said it of: another replica, or the
    next process during a rolling restart, would change what is remembered here.
    """
    is_said = settings.runtime.is_local or "workers" in settings.cache.model_fields_set
    if settings.runtime.is_whole and is_said:
        return settings.cache
    chosen = settings.cache.model_copy(update={"workers": max(2, settings.cache.workers)})
    if settings.runtime.is_whole and chosen.url is None:
        logger.warning("nothing_is_cached", missing="TASKFLEET_REDIS_URL, or TASKFLEET_WORKERS=1 for a lone process")
    return chosen


def check_settings(settings: Settings) -> None:
    """Raise `SettingsError` for what only building the parts would show; nothing is connected."""
    if settings.runtime.signs_tokens:
        load_key_ring(settings)
    else:
        require_key_set_url(settings)
    if "notifications" in settings.runtime.enabled_modules:
        read_push_setup(settings)
    check_servers(settings)


def check_servers(settings: Settings) -> None:
    """Raise `SettingsError` for an address that cannot be read, or is unsafe; nothing is connected."""
    check_connection_string(settings.mongo.url.get_secret_value(), is_local=settings.runtime.is_local)
    CacheClient(settings.cache)


async def apply_migrations(settings: Settings, clock: Clock | None = None) -> MigrationReport:
    """Bring the database to the collections, indexes and migrations of the enabled modules."""
    store = Store.open(settings.mongo, clock or SystemClock())
    try:
        await store.require_transactions()
        parts = enabled_parts(settings)
        return await Migrator(store, collections_of(parts), migrations_of(parts)).run()
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
        parts = enabled_parts(settings)
        specs = collections_of(parts)
        sharder = Sharder(store.database, specs)
        await sharder.require_router()
        migrated = await Migrator(store, specs, migrations_of(parts)).run()
        async with hold_migration_lease(store.database, clock):
            return migrated, await sharder.run(may_rezone=may_rezone)
    finally:
        await store.close()
