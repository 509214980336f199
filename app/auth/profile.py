"""The profile: what users see and change of themselves."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.api.merge_patch import apply_merge_patch
from app.api.preconditions import IfMatch, profile_etag
from app.auth.representation import represent_profile
from app.auth.users import DEFAULT_LOCALE, DEFAULT_TIMEZONE, EMPTY_SETTINGS, User, UserRepository
from app.core.errors import UnauthenticatedError, ValidationProblemError
from app.data.changes import Change, Changes

# A client's preferences, not its data: some hundred entries.
MAX_SETTINGS_BYTES = 16_384

# Called in the transaction that gives the user another time zone, and again in changes of its own for as long as
# it tells that there is more to do: no transaction may grow with what the user keeps.
TimezoneListener = Callable[[Change, str], Awaitable[bool]]

_DEFAULTS = {"timezone": DEFAULT_TIMEZONE, "locale": DEFAULT_LOCALE, "settings": EMPTY_SETTINGS}
_CHANGEABLE = ("name", "timezone", "locale", "settings")


class Profiles:
    """Reads and changes profiles."""

    def __init__(
        self, users: UserRepository, changes: Changes, timezone_listeners: Sequence[TimezoneListener]
    ) -> None:
        self._users = users
        self._changes = changes
        self._timezone_listeners = timezone_listeners

    async def read(self, user_id: UUID) -> User:
        """Return the user. Raises `UnauthenticatedError` when the account is gone."""
        user = await self._users.find(user_id)
        if user is None:
            raise UnauthenticatedError("The account does not exist any more.", error="invalid_token")
        return user

    async def change(self, user_id: UUID, patch: Mapping[str, Any], if_match: IfMatch) -> User:
        """Apply a merge patch and return the user as it then is; a patch that changes nothing counts nothing.

        Raises `PreconditionFailedError`, or `ValidationProblemError` when the settings become too large.
        """

        async def apply(change: Change) -> User:
            current = await find_expected(self._users, change, if_match)
            return await self._write(change, current, _apply_patch(current, patch))

        return await self._run(user_id, apply, is_zone_given="timezone" in patch)

    async def adopt(self, user_id: UUID, profile: Mapping[str, Any]) -> User:
        """Put `{name, timezone, locale, settings}` in place of what there is; the settings are not merged.

        Raises `ValidationProblemError` when the settings are too large.
        """
        fields = {**profile, "settings": serialise_settings(profile["settings"])}

        async def apply(change: Change) -> User:
            current = await find_expected(self._users, change, IfMatch(None))
            return await self._write(change, current, replace(current, **fields))

        return await self._run(user_id, apply, is_zone_given=True)

    async def _run(self, user_id: UUID, apply: Callable[[Change], Awaitable[User]], *, is_zone_given: bool) -> User:
        user = await self._changes.run(user_id, apply)
        if not is_zone_given:
            return user
        # Also when the zone is the same: an earlier request may not have got to the end.
        while await self._changes.run(user_id, lambda change: self._tell_timezone(change, change.account.timezone)):
            pass
        return await self.read(user_id)

    async def _write(self, change: Change, current: User, changed: User) -> User:
        fields = {name: getattr(changed, name) for name in _CHANGEABLE if _differs(name, current, changed)}
        if not fields:
            return current
        await self._users.update(change.user_id, {**fields, **change.stamp()}, change.session)
        if "timezone" in fields:
            await self._tell_timezone(change, changed.timezone)
        return replace(changed, revision=change.account.revision)

    async def _tell_timezone(self, change: Change, timezone: str) -> bool:
        """Tell every listener, and return whether one of them has more to do."""
        return any([await listener(change, timezone) for listener in self._timezone_listeners])


async def find_expected(users: UserRepository, change: Change, if_match: IfMatch) -> User:
    """Return the user as it was when the change began. Raises `PreconditionFailedError`."""
    user = await users.find(change.user_id, change.session)
    assert user is not None  # noqa: S101 - the change has found the same document in the same transaction
    before = replace(user, revision=change.account.revision - 1)  # which the change has counted up already
    if_match.check(profile_etag(before.user_id, before.revision), represent_profile(before))
    return before


def _differs(name: str, current: User, changed: User) -> bool:
    return bool(getattr(current, name) != getattr(changed, name))


def _apply_patch(user: User, patch: Mapping[str, Any]) -> User:
    if patch.get("name", "") is None:
        raise ValidationProblemError("/name", "A name cannot be taken away.")
    fields: dict[str, Any] = {name: _DEFAULTS[name] if value is None else value for name, value in patch.items()}
    if isinstance(fields.get("settings"), dict):
        fields["settings"] = serialise_settings(apply_merge_patch(user.read_settings(), fields["settings"]))
    return replace(user, **fields)


def serialise_settings(settings: Mapping[str, Any]) -> str:
    """Return settings as they are stored. Raises `ValidationProblemError` when they are too large."""
    try:
        text = json.dumps(settings, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise ValidationProblemError("/settings", "The settings hold a number that is too large.") from None
    if len(text.encode()) > MAX_SETTINGS_BYTES:
        raise ValidationProblemError("/settings", f"The settings take more than {MAX_SETTINGS_BYTES} bytes.")
    return text
