"""Personal tokens: made by a signed-in session, shown once, revoked at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.auth.errors import TokenNotFoundError, TokenQuotaExceededError
from app.auth.token_repository import TokenRecord, TokenRepository
from app.core.change_guard import ChangeGuard
from app.core.clock import Clock
from app.core.errors import ForbiddenError, UnauthenticatedError, ValidationProblemError
from app.core.identity import Caller, TokenScope
from app.core.ids import new_id
from app.core.personal_tokens import PersonalToken
from app.data.accounts import Accounts

# More scripts and devices than anybody has; whoever makes a token in a loop is to hear of it.
MAX_TOKENS = 100
# Whoever names an instant that is further away has mistyped the year; a token that is to last has none.
MAX_LIFETIME = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token, with the only copy of its text."""

    record: TokenRecord
    secret: str = field(repr=False)


class Tokens:
    """The personal tokens of all users."""

    def __init__(self, repository: TokenRepository, accounts: Accounts, guard: ChangeGuard, clock: Clock) -> None:
        self._repository = repository
        self._accounts = accounts
        self._guard = guard
        self._clock = clock

    async def make(
        self, caller: Caller, name: str, scopes: Sequence[TokenScope], expires_at: datetime | None
    ) -> MadeToken:
        """Make a token for the caller.

        Raises `ForbiddenError` for the scope of another role, `ValidationProblemError` for an unreasonable expiry,
        and `TokenQuotaExceededError`.
        """
        if "admin" in scopes and caller.role != "admin":
            raise ForbiddenError("Only an administrator may make a token with the scope admin.")
        now = self._clock.now()
        _check_expiry(expires_at, now)
        token = PersonalToken.mint(caller.user_id, new_id(now))
        if await self._repository.count(caller.user_id) >= MAX_TOKENS:
            await self._repository.delete_expired(caller.user_id, now)
        record = await self._repository.insert(
            caller.user_id, token, name=name, scopes=scopes, expires_at=expires_at, now=now
        )
        await self._keep_within_bounds(caller.user_id, token.token_id)
        return MadeToken(record, token.encode())

    async def get_page(
        self, user_id: UUID, limit: int, after: UUID | None
    ) -> tuple[Sequence[TokenRecord], UUID | None]:
        """Return up to `limit` tokens, the newest first, and after which one the next page begins."""
        records = await self._repository.list_newest(user_id, limit + 1, after)
        if len(records) <= limit:
            return records, None
        return records[:limit], records[limit - 1].token_id

    async def revoke(self, user_id: UUID, token_id: UUID) -> None:
        """End a token: no request that starts after this is let in by it. Raises `TokenNotFoundError`."""
        async with self._guard.around(user_id, keeps_sessions=False) as outcome:
            was_there = await self._repository.delete(user_id, token_id)
            outcome.settle(None)
        if not was_there:
            raise TokenNotFoundError

    async def _keep_within_bounds(self, user_id: UUID, token_id: UUID) -> None:
        """Take a new token back if there are too many, or if the account was erased meanwhile.

        Whoever looks after it has written sees what others wrote before: of two that race for the last place both may
        be refused, but never are both let in.
        """
        count, account = await asyncio.gather(self._repository.count(user_id), self._accounts.find(user_id))
        if account is None:
            await self._repository.delete(user_id, token_id)
            raise UnauthenticatedError("The account has been erased.", error="invalid_token")
        if count > MAX_TOKENS:
            await self._repository.delete(user_id, token_id)
            raise TokenQuotaExceededError(MAX_TOKENS)


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise ValidationProblemError("/expires_at", "A token must expire in the future.")
    if expires_at is not None and expires_at > now + MAX_LIFETIME:
        raise ValidationProblemError("/expires_at", "A token expires within five years; null stands for never.")
