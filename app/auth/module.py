"""The auth feature, put together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.api.cookies import SessionCookies
from app.api.paths import API_PREFIX
from app.auth.admin_statistics import AdminStatistics
from app.auth.administration import Administration
from app.auth.erasure import Eraser, Erasure
from app.auth.identities import IDENTITIES, IdentityRepository
from app.auth.oidc.http import ProviderHttp
from app.auth.oidc.login_state import LoginStateCodec
from app.auth.oidc.logins import OidcLogins
from app.auth.oidc.provider import OidcClient
from app.auth.portable_profile import PortableProfiles
from app.auth.profile import Profiles, TimezoneListener
from app.auth.session_repository import SessionRepository
from app.auth.sessions import Sessions
from app.auth.sign_in import SignIn
from app.auth.statistics_repository import StatisticsRepository
from app.auth.token_repository import TokenRepository
from app.auth.tokens import Tokens
from app.auth.users import UserRepository
from app.cache.shared import SharedCache
from app.core.access_tokens import AccessTokenIssuer, KeyRing, PublicJwk
from app.core.settings import Settings
from app.data.accounts import Accounts
from app.data.audit import AuditLog
from app.data.idempotency import IdempotencyStore
from app.data.locks import LOCKS
from app.data.outbox import Outbox
from app.data.store import Store

__all__ = ["AUTH_COLLECTIONS", "AuthModule", "build_auth", "build_erasure", "build_portable_profiles"]

AUTH_COLLECTIONS = (IDENTITIES, LOCKS)

# As it is registered at the providers; the routes below the API's prefix must agree with it.
_CALLBACK_PATH = f"{API_PREFIX}/auth/{{provider}}/callback"


@dataclass(frozen=True, slots=True)
class AuthModule:
    """The services behind the routes."""

    sign_in: SignIn
    sessions: Sessions
    tokens: Tokens
    profiles: Profiles
    erasure: Erasure
    logins: OidcLogins
    administration: Administration
    statistics: AdminStatistics
    audit: AuditLog
    cookies: SessionCookies
    public_jwks: Sequence[PublicJwk]


@asynccontextmanager
async def build_auth(
    store: Store,
    settings: Settings,
    keys: KeyRing,
    cookies: SessionCookies,
    shared: SharedCache,
    *,
    erasers: Sequence[Eraser] = (),
    timezone_listeners: Sequence[TimezoneListener] = (),
) -> AsyncIterator[AuthModule]:
    """Build the feature over the data layer; its background work runs as long as the context lasts.

    `erasers` remove what other features hold of a user who is erased, `timezone_listeners` are told in the
    transaction that moves a user to another time zone.
    """
    database = store.database
    users, identities, sessions = UserRepository(database), IdentityRepository(database), SessionRepository(database)
    tokens, accounts = TokenRepository(database), Accounts(database)
    erasure = build_erasure(store, erasers)
    issuer = AccessTokenIssuer(keys.signing, settings.jwt, store.clock)
    async with ProviderHttp() as http, erasure.run_janitor():
        yield AuthModule(
            sign_in=SignIn(store, users, identities, settings.sign_in.admin_emails),
            sessions=Sessions(store, sessions, users, accounts, issuer),
            tokens=Tokens(tokens, accounts, store.guard, store.clock),
            profiles=Profiles(users, store.changes, timezone_listeners),
            erasure=erasure,
            administration=Administration(store),
            statistics=AdminStatistics(StatisticsRepository(database), shared, store.clock),
            audit=AuditLog(database, store.clock),
            logins=_build_logins(store, settings, keys, http),
            cookies=cookies,
            public_jwks=tuple(keys.public_keys.values()),
        )


def build_erasure(store: Store, erasers: Sequence[Eraser]) -> Erasure:
    """Build what erases accounts; `erasers` remove what other features hold. It needs the database alone."""
    database = store.database
    idempotency, tokens = IdempotencyStore(database, store.clock), TokenRepository(database)
    return Erasure(
        store,
        UserRepository(database),
        IdentityRepository(database),
        SessionRepository(database),
        (*erasers, idempotency.erase_user, tokens.delete_all, Outbox(database).erase_user),
    )


def build_portable_profiles(store: Store, timezone_listeners: Sequence[TimezoneListener]) -> PortableProfiles:
    """Build what exports and imports need of the profile; it needs the database alone."""
    users = UserRepository(store.database)
    return PortableProfiles(users, Profiles(users, store.changes, timezone_listeners))


def _build_logins(store: Store, settings: Settings, keys: KeyRing, http: ProviderHttp) -> OidcLogins:
    clients = {}
    for provider in settings.sign_in.providers:
        redirect_uri = settings.http.public_url + _CALLBACK_PATH.format(provider=provider.name)
        clients[provider.name] = OidcClient(provider, redirect_uri, http, store.clock)
    return OidcLogins(clients, LoginStateCodec(*keys.derive_secrets("login-state")), store.clock)
