"""The composition root: opens the clients, builds the enabled modules and wires what crosses between them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from fastapi import FastAPI

from app.api.cached_reads import CachedReads
from app.api.cookies import SessionCookies
from app.api.credentials import CredentialReader
from app.api.known_account import KnownAccounts
from app.api.security import Security
from app.auth.module import AUTH_COLLECTIONS, build_auth
from app.cache.module import run_cache
from app.core.access_tokens import AccessTokenVerifier, RememberingVerifier, SigningKey
from app.core.clock import Clock, SystemClock
from app.core.settings import Settings, SettingsError
from app.core.signing_keys import load_signing_key
from app.data.accounts import Accounts
from app.data.database import CommandListeners
from app.data.idempotency import IDEMPOTENCY, IdempotencyStore
from app.data.migrations import MigrationReport, Migrator
from app.data.replica_reads import ReplicaReads
from app.data.store import Store
from app.tasks.module import TASK_COLLECTIONS, build_tasks

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
    credentials = CredentialReader(RememberingVerifier(verifier, clock), cookies)
    async with AsyncExitStack() as stack:
        cache = await stack.enter_async_context(run_cache(settings.cache, state.metrics.cache, _publish_nowhere))
        state.cache = cache.client
        state.store = Store.open(settings.mongo, clock, listeners, cache.fences)
        stack.push_async_callback(state.store.close)
        accounts = KnownAccounts(cache.store)
        replicas = ReplicaReads(state.store.database, state.metrics.replica) if settings.mongo.replica_reads else None
        state.cached_reads = CachedReads(cache.store, accounts, credentials, state.metrics.cache, replicas)
        state.idempotency = IdempotencyStore(state.store.database, clock)
        state.security = Security(
            credentials=credentials,
            accounts=Accounts(state.store.database),
            known_accounts=accounts,
            cookies=cookies,
            public_url=settings.http.public_url,
            is_local=settings.runtime.is_local,
        )
        state.tasks = build_tasks(state.store, settings.tasks.quota)
        state.auth = await stack.enter_async_context(
            build_auth(
                state.store,
                settings,
                key,
                cookies,
                erasers=(state.tasks.erase_user,),
                timezone_listeners=(state.tasks.rezone,),
            )
        )
        yield


def _publish_nowhere(_user_id: UUID, _revision: int) -> None:
    pass


def load_key(settings: Settings) -> SigningKey:
    """Return the key that signs access tokens. Raises `SettingsError` when none is set."""
    if settings.jwt.private_key_file is None:
        raise SettingsError("TASKFLEET_JWT_PRIVATE_KEY_FILE is missing; `taskfleet keys generate` makes one")
    return SigningKey(load_signing_key(settings.jwt.private_key_file))


async def apply_migrations(settings: Settings, clock: Clock | None = None) -> MigrationReport:
    """Bring the database to the declared collections, indexes and migrations."""
    clock = clock or SystemClock()
    store = Store.open(settings.mongo, clock)
    try:
        return await Migrator(store.database, clock, COLLECTIONS).run()
    finally:
        await store.close()
