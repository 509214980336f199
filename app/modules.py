"""The modules: what each one brings to the processes that run it, and what they do for each other in any process."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from fastapi import APIRouter
from starlette.datastructures import State

from app.api.cookies import SessionCookies
from app.api.kept_answer import Answer
from app.api.paths import API_PREFIX
from app.auth.erasure import Eraser
from app.auth.module import AUTH_COLLECTIONS, build_auth, build_erasure, build_portable_profiles
from app.auth.portable_profile import PortableProfiles
from app.auth.profile import TimezoneListener
from app.auth.router import build_routers as build_auth_routers
from app.auth.router import well_known_router
from app.cache.shared import SharedCache
from app.core.access_tokens import KeyRing
from app.core.metrics import Metrics
from app.core.settings import Module, Settings
from app.data.accounts import SESSIONS, USERS
from app.data.api_tokens import API_TOKENS
from app.data.audit import AUDIT
from app.data.collections import CollectionSpec
from app.data.idempotency import IDEMPOTENCY
from app.data.migrations import Migration
from app.data.outbox import OUTBOX
from app.data.store import Store
from app.notifications.digest import DigestZones
from app.notifications.erasure import NotificationErasure
from app.notifications.module import NOTIFICATION_COLLECTIONS, build_notifications, run_courier
from app.notifications.router import build_routers as build_notification_routers
from app.tasks.agenda import Agendas
from app.tasks.calendar_service import build_calendar_feeds
from app.tasks.common_task_module import COMMON_TASKS_PATH, build_common_tasks
from app.tasks.module import TASK_COLLECTIONS, TASK_MIGRATIONS, build_tasks
from app.tasks.portability.module import build_portability
from app.tasks.router import build_routers as build_task_routers
from app.tasks.router import feed_router
from app.tasks.upkeep import TaskUpkeep

# What every process reads to know who is calling, and writes for whatever its users change.
SHARED_COLLECTIONS = (USERS, SESSIONS, API_TOKENS, AUDIT, IDEMPOTENCY, OUTBOX)


@dataclass(frozen=True, slots=True)
class Favours:
    """What features do for each other. It needs the database alone, and so is at hand where they do not run."""

    erasers: Sequence[Eraser]
    timezone_listeners: Sequence[TimezoneListener]
    profiles: PortableProfiles
    agendas: Agendas


def build_favours(store: Store) -> Favours:
    """Build what crosses between the features."""
    tasks = TaskUpkeep(store.database)
    listeners = (tasks.rezone, DigestZones(store.database).rezone)
    notifications = NotificationErasure(store.database)
    erasers = (tasks.erase_user, notifications.erase_user)
    return Favours(erasers, listeners, build_portable_profiles(store, listeners), Agendas(store.database))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What modules are built from; `keys` are there where tokens are signed.

    `shared_reads` takes, by the path, what finds an answer that is the same for everybody.
    """

    settings: Settings
    store: Store
    cookies: SessionCookies
    shared: SharedCache
    shared_reads: dict[str, Callable[[], Answer | None]]
    keys: KeyRing | None
    favours: Favours


@dataclass(frozen=True, slots=True)
class Background:
    """What the work of modules is built from, where no requests are answered."""

    settings: Settings
    store: Store
    metrics: Metrics
    favours: Favours


class MountedRouter(NamedTuple):
    """A router with the prefix that it is included under."""

    router: APIRouter
    prefix: str


@dataclass(frozen=True, slots=True)
class ModuleParts:
    """One module: its collections, its routes, and what puts its services on the app's state while it runs.

    `work` is what it does in the background; `run` does it as well, so that one process is enough.
    """

    collections: tuple[CollectionSpec, ...]
    routers: Callable[[Settings], Sequence[MountedRouter]]
    run: Callable[[State, Surroundings], AbstractAsyncContextManager[None]]
    work: Callable[[Background], AbstractAsyncContextManager[None]]
    migrations: tuple[Migration, ...] = ()


@asynccontextmanager
async def _run_tasks(state: State, parts: Surroundings) -> AsyncIterator[None]:
    settings, store = parts.settings, parts.store
    state.tasks = tasks = build_tasks(store, settings.tasks.quota)
    state.common_tasks = build_common_tasks(store, tasks.tasks, parts.shared, settings.cache.ttl_seconds)
    parts.shared_reads[COMMON_TASKS_PATH] = state.common_tasks.answer.find
    state.calendar = build_calendar_feeds(store, settings.http.public_url)
    async with build_portability(store, tasks, parts.favours.profiles, settings.tasks.quota) as portability:
        state.portability = portability
        yield


def _route_tasks(_settings: Settings) -> Sequence[MountedRouter]:
    return (*_mount(build_task_routers()), MountedRouter(feed_router, ""))


@asynccontextmanager
async def _run_auth(state: State, parts: Surroundings) -> AsyncIterator[None]:
    assert parts.keys is not None  # noqa: S101 - whoever enables this module loads them
    favours = parts.favours
    async with build_auth(
        parts.store,
        parts.settings,
        parts.keys,
        parts.cookies,
        parts.shared,
        erasers=favours.erasers,
        timezone_listeners=favours.timezone_listeners,
    ) as auth:
        state.auth = auth
        yield


def _route_auth(settings: Settings) -> Sequence[MountedRouter]:
    routers = build_auth_routers(is_local=settings.runtime.is_local)
    return (MountedRouter(well_known_router, ""), *_mount(routers))


def _work_for_auth(parts: Background) -> AbstractAsyncContextManager[None]:
    return build_erasure(parts.store, parts.favours.erasers).run_janitor()


def _no_work(_parts: Background) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@asynccontextmanager
async def _run_notifications(state: State, parts: Surroundings) -> AsyncIterator[None]:
    state.notifications = build_notifications(parts.store, parts.settings)
    async with AsyncExitStack() as stack:
        if parts.settings.notifications.deliver_in_api:
            background = Background(parts.settings, parts.store, state.metrics, parts.favours)
            await stack.enter_async_context(_work_for_notifications(background))
        yield


def _route_notifications(_settings: Settings) -> Sequence[MountedRouter]:
    return _mount(build_notification_routers())


def _work_for_notifications(parts: Background) -> AbstractAsyncContextManager[None]:
    return run_courier(parts.store, parts.settings, parts.metrics.outbox, parts.favours.agendas.read)


def _mount(routers: Sequence[APIRouter]) -> Sequence[MountedRouter]:
    return [MountedRouter(router, API_PREFIX) for router in routers]


# What is asked for most comes first: routes are tried one after the other.
MODULE_PARTS: Mapping[Module, ModuleParts] = {
    "tasks": ModuleParts(TASK_COLLECTIONS, _route_tasks, _run_tasks, _no_work, TASK_MIGRATIONS),
    "auth": ModuleParts(AUTH_COLLECTIONS, _route_auth, _run_auth, _work_for_auth),
    "notifications": ModuleParts(
        NOTIFICATION_COLLECTIONS, _route_notifications, _run_notifications, _work_for_notifications
    ),
}


def enabled_parts(settings: Settings) -> Sequence[ModuleParts]:
    """Return the modules that a process runs."""
    return [parts for module, parts in MODULE_PARTS.items() if module in settings.runtime.enabled_modules]


def collections_of(modules: Sequence[ModuleParts]) -> tuple[CollectionSpec, ...]:
    """Return the collections that so many modules need."""
    return (*SHARED_COLLECTIONS, *(spec for parts in modules for spec in parts.collections))


def migrations_of(modules: Sequence[ModuleParts]) -> tuple[Migration, ...]:
    """Return the migrations of so many modules, by their version."""
    migrations = (migration for parts in modules for migration in parts.migrations)
    return tuple(sorted(migrations, key=lambda migration: migration.version))


@asynccontextmanager
async def run_modules(state: State, surroundings: Surroundings) -> AsyncIterator[None]:
    """Keep the services of the enabled modules on the app's state for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        for parts in enabled_parts(surroundings.settings):
            await stack.enter_async_context(parts.run(state, surroundings))
        yield


@asynccontextmanager
async def run_background_work(settings: Settings, store: Store, metrics: Metrics) -> AsyncIterator[None]:
    """Do what the enabled modules do in the background while the context lasts, then finish what is begun."""
    background = Background(settings, store, metrics, build_favours(store))
    async with AsyncExitStack() as stack:
        for parts in enabled_parts(settings):
            await stack.enter_async_context(parts.work(background))
        yield
