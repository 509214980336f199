"""Sessions: begun at sign-in, kept alive by rotating refresh tokens, ended by sign-out, expiry or misuse."""

import hmac
import secrets
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import structlog

from app.auth.devices import DeviceRepository, name_device
from app.auth.errors import SessionNotFoundError
from app.auth.refresh_tokens import SALT_BYTES, InvalidRefreshTokenError, RefreshToken
from app.auth.session_repository import Rotation, SessionPlace, SessionRecord, SessionRepository
from app.auth.users import UserRepository
from app.core.access_tokens import AccessTokenIssuer
from app.core.errors import UnauthenticatedError
from app.core.identity import Role
from app.core.ids import new_id
from app.data.accounts import Accounts
from app.data.database import Session
from app.data.outbox import Outbox, OutboxEntry
from app.data.store import Store

# The contract's numbers: refresh tokens live 30 days sliding, 90 absolute.
SLIDING_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)
# A client that lost the answer, or refreshed twice at once, may come back with the immediate predecessor.
GRACE = timedelta(seconds=10)
# More devices than anybody has; a script that signs in each time it runs must not pile up sessions.
MAX_SESSIONS = 100
MAX_USER_AGENT_LENGTH = 200

# What the user is told of.
NEW_DEVICE = "security.new-device"
TOKEN_REUSED = "security.refresh-token-reused"  # noqa: S105 - the name of an occasion

_NO_HASH = bytes(32)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """What a client gets that signed in or refreshed."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionReference:
    """Which session of which user."""

    user_id: UUID
    session_id: UUID


class Standing(Enum):
    """What a presented refresh token is to its session."""

    UNKNOWN = auto()
    CURRENT = auto()
    PREDECESSOR = auto()
    REUSED = auto()


def judge(record: SessionRecord | None, token: RefreshToken, now: datetime) -> Standing:
    """Return the standing of `token`; it takes as long for an unknown session as for a known one."""
    proof_hash, current, previous = (
        (record.proof_hash, record.secret_hash, record.previous_hash or _NO_HASH) if record else (_NO_HASH,) * 3
    )
    is_family = hmac.compare_digest(token.proof_hash, proof_hash)
    is_current = hmac.compare_digest(token.secret_hash, current)
    is_previous = hmac.compare_digest(token.secret_hash, previous)
    if record is None or record.expires_at <= now or not is_family:
        return Standing.UNKNOWN
    if is_current:
        return Standing.CURRENT
    if is_previous and record.rotated_at is not None and now - record.rotated_at <= GRACE:
        return Standing.PREDECESSOR
    return Standing.REUSED


class Sessions:
    """The sessions of all users."""

    def __init__(
        self,
        store: Store,
        repository: SessionRepository,
        users: UserRepository,
        accounts: Accounts,
        issuer: AccessTokenIssuer,
    ) -> None:
        self._repository = repository
        self._users = users
        self._accounts = accounts
        self._issuer = issuer
        self._transactions = store.transactions
        self._guard = store.guard
        self._clock = store.clock
        self._devices = DeviceRepository(store.database)
        self._outbox = Outbox(store.database)

    async def start(self, user_id: UUID, role: Role, user_agent: str) -> IssuedTokens:
        """Begin a session; the user's least recently used one ends when there are too many.

        A device that was not seen before is told to the user, unless it is the very first.
        """
        now = self._clock.now()
        token = RefreshToken.mint(user_id, new_id(now))
        user_agent = user_agent[:MAX_USER_AGENT_LENGTH]
        if await self._devices.is_known(user_id, name_device(user_agent)):
            await self._insert(token, now, user_agent)
        else:
            await self._transactions.run(lambda session: self._insert_on_new_device(token, now, user_agent, session))
        await self._users.note_seen(user_id, now)
        if surplus := await self._repository.list_beyond(user_id, MAX_SESSIONS):
            await self._delete(user_id, surplus)
        return self._issue(token, role)

    async def _insert(
        self, token: RefreshToken, now: datetime, user_agent: str, session: Session | None = None
    ) -> None:
        await self._repository.insert(
            token.user_id,
            token,
            now=now,
            expires_at=now + SLIDING_LIFETIME,
            ends_at=now + ABSOLUTE_LIFETIME,
            user_agent=user_agent,
            session=session,
        )

    async def _insert_on_new_device(
        self, token: RefreshToken, now: datetime, user_agent: str, session: Session
    ) -> None:
        # First what other sign-ins may be at as well: whoever has to begin again has written nothing in vain.
        is_new = await self._devices.remember(token.user_id, name_device(user_agent), session)
        await self._insert(token, now, user_agent, session)
        if is_new:
            await self._tell(token, NEW_DEVICE, now, user_agent, session)

    async def _tell(
        self, token: RefreshToken, occasion: str, now: datetime, user_agent: str, session: Session
    ) -> None:
        content = {"user_agent": user_agent}
        entry = OutboxEntry(token.user_id, occasion, str(token.session_id), now, content)
        await self._outbox.append(entry, session)

    async def refresh(self, refresh_token: str, user_agent: str) -> IssuedTokens:
        """Rotate the token and return its successor with a new access token.

        Every caller that presents the same token within the grace gets the same successor. Raises
        `UnauthenticatedError`; a token that was used before ends its session first.
        """
        token = _parse(refresh_token)
        account = await self._accounts.find(token.user_id)
        now = self._clock.now()
        rotation = Rotation(
            at=now,
            salt=secrets.token_bytes(SALT_BYTES),
            expires_at=now + SLIDING_LIFETIME,
            user_agent=user_agent[:MAX_USER_AGENT_LENGTH],
        )
        record = await self._repository.rotate(token.user_id, token, rotation)
        # Whoever rotated has just made the presented token the predecessor, as all who raced find it.
        standing = judge(record, token, now)
        await self._require(token, record, standing, {Standing.PREDECESSOR})
        if account is None or account.is_disabled or record is None or record.rotation_salt is None:
            raise _refused()
        await self._users.note_seen(token.user_id, now)
        return self._issue(token.successor(record.rotation_salt), account.role)

    async def identify(self, refresh_token: str) -> SessionReference:
        """Return the session of a token without rotating it. Raises `UnauthenticatedError`."""
        token = _parse(refresh_token)
        record = await self._repository.find(token.user_id, token.session_id)
        standing = judge(record, token, self._clock.now())
        await self._require(token, record, standing, {Standing.CURRENT, Standing.PREDECESSOR})
        return SessionReference(token.user_id, token.session_id)

    async def get_page(
        self, user_id: UUID, limit: int, place: SessionPlace | None
    ) -> tuple[Sequence[SessionRecord], SessionPlace | None]:
        """Return up to `limit` living sessions, the one used last first, and where the next page begins."""
        records = await self._repository.list_alive(user_id, self._clock.now(), limit + 1, place)
        if len(records) <= limit:
            return records, None
        last = records[limit - 1]
        return records[:limit], SessionPlace(last.last_used_at, last.session_id)

    async def end(self, user_id: UUID, session_id: UUID) -> None:
        """End a session and with it its access tokens. Raises `SessionNotFoundError`."""
        if not await self._delete(user_id, [session_id]):
            raise SessionNotFoundError

    async def end_all(self, user_id: UUID) -> None:
        """End every session of the user."""
        async with self._guard.around(user_id, keeps_sessions=False) as outcome:
            await self._repository.delete_all(user_id)
            outcome.settle(None)

    async def _delete(self, user_id: UUID, session_ids: Sequence[UUID]) -> bool:
        async with self._guard.around(user_id, keeps_sessions=False) as outcome:
            was_there = [await self._repository.delete(user_id, session_id) for session_id in session_ids]
            outcome.settle(None)
        return any(was_there)

    async def _require(
        self,
        token: RefreshToken,
        record: SessionRecord | None,
        standing: Standing,
        accepted: AbstractSet[Standing],
    ) -> None:
        if standing in accepted:
            return
        if standing is Standing.REUSED and record is not None:
            # On its own, not within the request's work: the refusal must not take the ending back.
            await self._end_reused(token, record.user_agent)
            logger.warning("refresh_token_reused", user_id=str(token.user_id), session_id=str(token.session_id))
        raise _refused()

    async def _end_reused(self, token: RefreshToken, user_agent: str) -> None:
        """End a session and tell its user, the two in one; whoever was second finds it ended and told."""

        async def end(session: Session) -> None:
            if await self._repository.delete(token.user_id, token.session_id, session):
                await self._tell(token, TOKEN_REUSED, self._clock.now(), user_agent, session)

        async with self._guard.around(token.user_id, keeps_sessions=False) as outcome:
            await self._transactions.run(end)
            outcome.settle(None)

    def _issue(self, token: RefreshToken, role: Role) -> IssuedTokens:
        return IssuedTokens(self._issuer.issue(token.user_id, token.session_id, role), token.encode())


def _parse(text: str) -> RefreshToken:
    try:
        return RefreshToken.parse(text)
    except InvalidRefreshTokenError:
        raise _refused() from None


def _refused() -> UnauthenticatedError:
    return UnauthenticatedError("The session has ended. Sign in again.", error="invalid_token")
