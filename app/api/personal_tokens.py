"""Checking personal tokens that this process does not know yet: against MongoDB, with equal work for any answer."""

import asyncio
import hmac
from collections.abc import Callable

from app.core.errors import UnauthenticatedError
from app.core.identity import TokenGrant
from app.core.personal_tokens import PersonalToken
from app.data.accounts import Account, Accounts
from app.data.api_tokens import ApiTokens

_NO_HASH = bytes(32)


class RefusedTokenError(UnauthenticatedError):
    """There is no such token any more, or there never was; which of these, nobody is told."""

    def __init__(self) -> None:
        super().__init__("The personal token is unknown, was revoked or has expired.", error="invalid_token")


class PersonalTokens:
    """Checks personal tokens; built once, part of `Security`."""

    def __init__(self, tokens: ApiTokens, accounts: Accounts, now: Callable[[], float]) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._now = now

    async def verify(self, token: PersonalToken) -> tuple[Account, TokenGrant]:
        """Return whose token it is, and what it allows. Raises `RefusedTokenError`.

        An unknown id takes the same reads and the same comparison as a wrong secret.
        """
        account, stored = await asyncio.gather(
            self._accounts.find(token.user_id), self._tokens.find(token.user_id, token.token_id)
        )
        is_right = hmac.compare_digest(token.secret_hash, _NO_HASH if stored is None else stored.secret_hash)
        if account is None or account.is_disabled or stored is None or not is_right:
            raise RefusedTokenError
        self.require_alive(stored.grant)
        return account, stored.grant

    def require_alive(self, grant: TokenGrant | None) -> None:
        """Raise `RefusedTokenError` if the token has expired; sessions, which have no grant, pass."""
        if grant is not None and grant.expires_at <= self._now():
            raise RefusedTokenError
