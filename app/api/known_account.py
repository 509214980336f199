"""What the cache knows of the user who is calling: the account of a living session, without asking MongoDB."""

import functools
from dataclasses import dataclass

from starlette.types import Scope

from app.api.credentials import Credentials
from app.cache.store import CacheBypassError, CachedSession, CacheStore, Reading, answer_field
from app.core.identity import Role
from app.data.accounts import Account

_STATE_NAME = "user_view"


@dataclass(slots=True)
class UserView:
    """One generation of a user's cache as a request found it; `account` is None for an unknown session."""

    session: CachedSession
    generation: bytes
    account: Account | None
    answer: bytes | None


class KnownAccounts:
    """Looks a caller up in the cache ahead of the router, and keeps what the router finds out."""

    def __init__(self, store: CacheStore) -> None:
        self._store = store

    async def read(
        self, session: CachedSession, answer_name: bytes | None = None, *, may_be_fenced: bool = False
    ) -> UserView | None:
        """Return what the cache holds of a session, or None when it must not be used now.

        While a change is under way, `may_be_fenced` asks for the account alone: whatever ends a session or changes
        role or zone has dropped it from the cache by then. Its revision is the one before that change.
        """
        try:
            reading = await self._store.read(session, answer_name)
            if reading.generation is None and not reading.is_fenced:
                reading = await self._store.open_generation(session.user_id, reading.seen)
        except CacheBypassError:
            return None
        account = self.account_of(session, reading)
        # Nothing that is found out while a fence stands may be kept.
        if reading.generation is None or (reading.is_fenced and not (may_be_fenced and account)):
            return None
        return UserView(session, reading.generation, account, reading.answer)

    def account_of(self, session: CachedSession, reading: Reading) -> Account | None:
        """Return whose session it is, as far as a reading tells."""
        if reading.session is None or reading.revision is None:
            return None
        return _make_account(session, reading.session, reading.revision)

    async def keep_account(self, scope: Scope, account: Account) -> None:
        """Keep what MongoDB said of the session that is calling."""
        view = find_view(scope)
        if view is not None:
            await self.keep(view, account)
            scope["state"]["revision"] = account.revision

    async def keep(self, view: UserView, account: Account) -> None:
        """Keep what MongoDB said of the session of a view after it was read."""
        fields = {view.session.field: _write_account(account)}
        await self._store.fill(view.session.user_id, view.generation, account.revision, fields)

    async def keep_answer(self, scope: Scope, view: UserView, answer_name: bytes, answer: bytes) -> None:
        """Keep an answer that was read after the view."""
        revision = scope["state"].get("revision") if view.account is None else view.account.revision
        if revision is not None:
            await self._store.fill(
                view.session.user_id, view.generation, revision, {answer_field(answer_name): answer}
            )


def keep_view(scope: Scope, view: UserView, credentials: Credentials) -> None:
    """Let the request know what the cache holds of its caller, whose credentials name a role or leave it open."""
    state = scope["state"]
    state[_STATE_NAME] = view
    if view.account is None:
        return
    if credentials.claims is not None and credentials.claims.role in {None, view.account.role}:
        state["user_id"] = credentials.user_name
    else:
        view.account = None  # a token from before the role was changed; the router refuses it


def find_view(scope: Scope) -> UserView | None:
    """Return what the cache holds of the caller of this request, if it may be used."""
    view: UserView | None = scope.get("state", {}).get(_STATE_NAME)
    return view


def _write_account(account: Account) -> bytes:
    return f"{account.role} {account.timezone}".encode()


@functools.lru_cache(maxsize=10_000)
def _make_account(session: CachedSession, kept: bytes, revision: int) -> Account:
    role, _, timezone = kept.decode().partition(" ")
    known_role: Role = "admin" if role == "admin" else "user"
    return Account(session.user_id, known_role, revision, timezone, is_disabled=False)
