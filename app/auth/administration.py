"""Administration: what administrators do to the accounts of others, each act with its entry in the audit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from app.api.preconditions import IfMatch, content_etag
from app.auth.admin_repository import AdminRepository, ManagedUser, UserDetails, as_it_was
from app.auth.admin_representation import represent_details
from app.auth.emails import normalise_email
from app.auth.errors import UserNotFoundError
from app.auth.identities import IdentityRepository
from app.auth.last_admin import LastAdmin
from app.auth.session_repository import SessionRepository
from app.auth.user_search import UserPlace, UserSearch
from app.auth.users import UserRepository
from app.core.errors import UnauthenticatedError
from app.data.audit import Actor, ActorGoneError, AuditEntry, AuditLog, Subject
from app.data.changes import Change
from app.data.store import Store

Result = TypeVar("Result")


class Administration:
    """Reads and changes accounts. Raises `UserNotFoundError` for those that are not there."""

    def __init__(self, store: Store) -> None:
        database = store.database
        self._store = store
        self._repository = AdminRepository(database)
        self._users = UserRepository(database)
        self._sessions = SessionRepository(database)
        self._identities = IdentityRepository(database)
        self._last_admin = LastAdmin(database)
        self._audit = AuditLog(database, store.clock)

    async def get(self, user_id: UUID) -> UserDetails:
        """Return a user."""
        details = await self._repository.find_details(user_id, self._store.clock.now())
        if details is None:
            raise UserNotFoundError
        return details

    async def find_by_address(self, address: str) -> ManagedUser:
        """Return the user who has an e-mail address, in whatever case it is written."""
        try:
            normalised = normalise_email(address)
        except ValueError:
            raise UserNotFoundError(f"{address!r} is no e-mail address.") from None
        user_id = await self._identities.find_user(f"email:{normalised}")
        user = None if user_id is None else await self._repository.find(user_id)
        if user is None:
            raise UserNotFoundError(f"Nobody has the address {normalised}; the first sign-in makes an account.")
        return user

    async def get_page(
        self, search: UserSearch, place: UserPlace | None, limit: int
    ) -> tuple[Sequence[ManagedUser], UserPlace | None]:
        """Return up to `limit` users, and where the next page begins, if there is one."""
        if search.user_id is not None:
            user = await self._repository.find(search.user_id)
            return [] if user is None else [user], None
        users = await self._find(search, place or UserPlace(), limit + 1)
        if len(users) <= limit:
            return users, None
        last = users[limit - 1]
        return users[:limit], UserPlace(user_id=last.user_id, email=last.email)

    async def change(self, actor: Actor, user_id: UUID, patch: Mapping[str, Any], if_match: IfMatch) -> UserDetails:
        """Set `role` and `is_disabled` as `patch` says; one that changes nothing writes nothing.

        The user's access tokens end at once, and the sessions of one who is disabled or enabled. Raises
        `PreconditionFailedError`, or `LastAdminError`.
        """

        async def apply(change: Change) -> UserDetails:
            before = await self._find_expected(change, if_match)
            fields = {name: value for name, value in patch.items() if getattr(before.user, name) != value}
            if not fields:
                return before
            if before.user.is_acting_admin:
                # Whatever changes about one of these takes the administration away.
                await self._last_admin.require_another(user_id, change.session)
            await self._users.update(user_id, {**fields, **change.stamp()}, change.session)
            if "is_disabled" in fields:
                # When enabling as well: a sign-in that had found the account enabled may have begun a session since.
                await self._sessions.delete_all(user_id, change.session)
            for entry in _tell_changes(actor, before.user, fields):
                await self._audit.append(entry, change.session)
            return await self._read_within(change)

        return await self._run(user_id, apply)

    async def end_sessions(self, actor: Actor, user_id: UUID) -> None:
        """End every session of a user; if there is none, nothing is written."""

        async def end(change: Change) -> None:
            details = await self._read_within(change)
            if not details.sessions:
                return
            await self._sessions.delete_all(user_id, change.session)
            change.stamp()
            before, after = {"sessions": details.sessions}, {"sessions": 0}
            entry = AuditEntry(actor, "user.sessions-ended", _subject(details.user), before, after)
            await self._audit.append(entry, change.session)

        await self._run(user_id, end)

    async def _find(self, search: UserSearch, place: UserPlace, limit: int) -> Sequence[ManagedUser]:
        if search.email_prefix is None:
            return await self._repository.find_newest(place.user_id, limit)
        return await self._repository.find_by_email(search.email_prefix, place.email, limit)

    async def _run(self, user_id: UUID, body: Callable[[Change], Awaitable[Result]]) -> Result:
        try:
            return await self._store.changes.run(user_id, body)
        except ActorGoneError:
            raise
        except UnauthenticatedError:  # the account is gone, which of one's own means that one is not signed in
            raise UserNotFoundError from None

    async def _find_expected(self, change: Change, if_match: IfMatch) -> UserDetails:
        within = await self._read_within(change)
        before = UserDetails(as_it_was(within.user), within.sessions)
        current = represent_details(before)
        if_match.check(content_etag(current), current)
        return before

    async def _read_within(self, change: Change) -> UserDetails:
        user = await self._repository.find(change.user_id, change.session)
        assert user is not None  # noqa: S101 - the change has found the same document in the same transaction
        return UserDetails(user, await self._repository.count_sessions(change.user_id, change.at, change.session))


def _subject(user: ManagedUser) -> Subject:
    return Subject("user", user.user_id, user.email)


def _tell_changes(actor: Actor, before: ManagedUser, fields: Mapping[str, Any]) -> Sequence[AuditEntry]:
    entries = []
    if "role" in fields:
        roles = {"role": before.role}, {"role": fields["role"]}
        entries.append(AuditEntry(actor, "user.role-changed", _subject(before), *roles))
    if "is_disabled" in fields:
        action = "user.disabled" if fields["is_disabled"] else "user.enabled"
        states = {"disabled": before.is_disabled}, {"disabled": fields["is_disabled"]}
        entries.append(AuditEntry(actor, action, _subject(before), *states))
    return entries
