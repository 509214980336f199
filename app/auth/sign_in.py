"""Signing in: finds the user of a proven identity, or makes one."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.auth.emails import normalise_email
from app.auth.errors import AccountDisabledError, EmailTakenError
from app.auth.identities import IdentityRepository, IdentityTakenError
from app.auth.users import DEFAULT_LOCALE, DEFAULT_TIMEZONE, EMPTY_SETTINGS, User, UserRepository
from app.core.errors import ServiceUnavailableError
from app.core.identity import Role
from app.core.ids import new_id
from app.core.settings import SettingsError
from app.data.audit import Actor, AuditEntry, AuditLog, Subject
from app.data.changes import Change
from app.data.database import Session
from app.data.outbox import Outbox, OutboxEntry
from app.data.store import Store

MAX_NAME_LENGTH = 200
# What a new user is told.
WELCOME = "welcome"
_NAME_OF_THE_NAMELESS = "New user"
# What makes somebody an administrator at sign-in.
_ADMIN_EMAILS = Actor("setting", name="TASKFLEET_ADMIN_EMAILS")

# Two first sign-ins that race see each other's work once a majority has it: within milliseconds, as a rule.
_PATIENCE_SECONDS = 3.0
_MAX_WAIT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Who somebody has proven to be. `email` is normalised and verified, or None."""

    provider: str
    subject: str
    email: str | None = None
    name: str | None = None
    picture_url: str | None = None

    @property
    def identity_id(self) -> str:
        """The key in `identities`."""
        return f"{self.provider}:{self.subject}"

    @property
    def email_id(self) -> str | None:
        """The key in `identities` that reserves the address, or None without one."""
        return None if self.email is None else f"email:{self.email}"


class SignIn:
    """Turns proven identities into users."""

    def __init__(
        self, store: Store, users: UserRepository, identities: IdentityRepository, admin_emails: Iterable[str]
    ) -> None:
        self._store = store
        self._users = users
        self._identities = identities
        self._audit = AuditLog(store.database, store.clock)
        self._outbox = Outbox(store.database)
        self._admin_emails = frozenset(_normalise_admin_email(address) for address in admin_emails)

    async def sign_in(self, identity: ProvenIdentity) -> User:
        """Return the identity's user, made now if this is the first time.

        Raises `EmailTakenError` when a new user's address belongs to somebody else, `AccountDisabledError`.
        """
        user = await self._find_or_create(identity)
        if user.is_disabled:
            raise AccountDisabledError
        if user.role != "admin" and identity.email in self._admin_emails:
            return await self._promote(user)
        return user

    async def _find_or_create(self, identity: ProvenIdentity) -> User:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while (user := await self._find(identity)) is None:
            # Only now, because the last try may have taken all the time, and whoever was faster has made the user.
            if asyncio.get_running_loop().time() >= deadline:
                raise ServiceUnavailableError("The account is being changed elsewhere.")
            if (user := await self._create(identity)) is not None:
                return user
            # Somebody else's sign-in or erasure of the same identity is just being committed.
            await asyncio.sleep(random.uniform(0, _MAX_WAIT_SECONDS))  # noqa: S311 - spreads load, guards nothing
        return user

    async def _find(self, identity: ProvenIdentity) -> User | None:
        user_id = await self._identities.find_user(identity.identity_id)
        return None if user_id is None else await self._users.find(user_id)

    async def _create(self, identity: ProvenIdentity) -> User | None:
        """Return the new user, or None when the identity has one by now."""
        user = self._new_user(identity)

        async def insert(session: Session) -> None:
            # First what others may be at as well: whoever comes second has written nothing in vain.
            await self._identities.insert(user.user_id, identity.identity_id, session)
            await self._users.insert(user, session)
            if identity.email_id is not None:
                await self._reserve_email(user, identity.email_id, session)
            if user.role == "admin":
                await self._record_promotion(user, None, session)
            await self._outbox.append(OutboxEntry(user.user_id, WELCOME, "", user.created_at), session)

        try:
            await self._store.transactions.run(insert)
        except IdentityTakenError:
            return None
        return user

    async def _reserve_email(self, user: User, email_id: str, session: Session) -> None:
        # Reached only when the identity itself is free: the address is another user's.
        try:
            await self._identities.insert(user.user_id, email_id, session)
        except IdentityTakenError:
            raise EmailTakenError from None

    def _new_user(self, identity: ProvenIdentity) -> User:
        now = self._store.clock.now()
        return User(
            user_id=new_id(now),
            email=identity.email,
            name=_choose_name(identity),
            picture_url=identity.picture_url,
            role="admin" if identity.email in self._admin_emails else "user",
            timezone=DEFAULT_TIMEZONE,
            locale=DEFAULT_LOCALE,
            settings=EMPTY_SETTINGS,
            is_disabled=False,
            identity_ids=tuple(key for key in (identity.identity_id, identity.email_id) if key is not None),
            google_id=identity.subject if identity.provider == "google" else None,
            revision=0,
            created_at=now,
        )

    async def _promote(self, user: User) -> User:
        async def promote(change: Change) -> User:
            # As the account is within the transaction: another sign-in or an administrator may have been first.
            if change.account.is_disabled:
                raise AccountDisabledError
            if change.account.role == "admin":
                return replace(user, role="admin")
            await self._users.update(user.user_id, {"role": "admin", **change.stamp()}, change.session)
            await self._record_promotion(user, user.role, change.session)
            return replace(user, role="admin", revision=change.account.revision)

        return await self._store.changes.run(user.user_id, promote)

    async def _record_promotion(self, user: User, role_before: Role | None, session: Session) -> None:
        before = None if role_before is None else {"role": role_before}
        subject = Subject("user", user.user_id, user.email)
        entry = AuditEntry(_ADMIN_EMAILS, "user.role-changed", subject, before, {"role": "admin"})
        await self._audit.append(entry, session)


def _choose_name(identity: ProvenIdentity) -> str:
    local_part = "" if identity.email is None else identity.email.partition("@")[0]
    return (identity.name or local_part or _NAME_OF_THE_NAMELESS)[:MAX_NAME_LENGTH]


def _normalise_admin_email(address: str) -> str:
    try:
        return normalise_email(address)
    except ValueError:
        raise SettingsError(f"TASKFLEET_ADMIN_EMAILS: {address!r} is not an e-mail address") from None
