"""Stopping mails by a link in one of them, without signing in."""

from dataclasses import replace
from uuid import UUID

from app.core.errors import UnauthenticatedError
from app.data.changes import Change, Changes
from app.notifications.kinds import ChannelName, Kind
from app.notifications.mail.unsubscribe_token import UnknownUnsubscribeTokenError, UnsubscribeToken
from app.notifications.preference_repository import PreferenceRepository

_EMAIL: ChannelName = "email"


class UnsubscribeService:
    """Turns mails off."""

    def __init__(self, changes: Changes, preferences: PreferenceRepository) -> None:
        self._changes = changes
        self._preferences = preferences

    async def unsubscribe(self, text: str) -> Kind:
        """Turn off the mails that a token is for, and return their kind; doing so again changes nothing.

        Raises `UnknownUnsubscribeTokenError`.
        """
        token = UnsubscribeToken.parse(text)
        # Ahead of the change, which a made-up token must not begin.
        kind = token.find_kind((await self._preferences.find(token.user_id)).unsubscribe_key)
        await self._turn_off(token.user_id, kind)
        return kind

    async def _turn_off(self, user_id: UUID, kind: Kind) -> None:
        async def apply(change: Change) -> None:
            before = await self._preferences.find(user_id, change.session)
            if _EMAIL in before.chosen[kind]:
                chosen = {**before.chosen, kind: before.chosen[kind] - {_EMAIL}}
                await self._preferences.save(change, replace(before, chosen=chosen))

        try:
            await self._changes.run(user_id, apply)
        except UnauthenticatedError:  # the account was erased meanwhile
            raise UnknownUnsubscribeTokenError from None
