"""What a user chooses: by which channels of what, the quiet hours, the digest."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.api.merge_patch import apply_merge_patch
from app.api.preconditions import IfMatch, resource_etag
from app.api.problems import InvalidInputError
from app.data.changes import Change, Changes
from app.notifications.digest import follow_digest
from app.notifications.kinds import CHANNELS, CHOSEN_KINDS
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import QuietHours
from app.notifications.representation import represent_choice, represent_preferences
from app.notifications.schemas import PreferencesDraft


class PreferenceService:
    """Reads and changes preferences."""

    def __init__(self, changes: Changes, preferences: PreferenceRepository) -> None:
        self._changes = changes
        self._preferences = preferences

    async def read(self, user_id: UUID) -> Preferences:
        """Return what the user has chosen, or what holds for those who never chose."""
        return await self._preferences.find(user_id)

    async def change(self, user_id: UUID, patch: Mapping[str, Any], if_match: IfMatch) -> Preferences:
        """Apply a merge patch. Raises `PreconditionFailedError` or `InvalidInputError`."""

        async def apply(change: Change) -> Preferences:
            before = await self._preferences.find(user_id, change.session)
            if_match.check(resource_etag(before.revision), represent_preferences(before))
            after = _merge(before, patch)
            if after == before:
                return before
            await self._preferences.save(change, after)
            follow_digest(change, before, after)
            return replace(after, revision=change.account.revision)

        return await self._changes.run(user_id, apply)


def _merge(before: Preferences, patch: Mapping[str, Any]) -> Preferences:
    merged = apply_merge_patch(represent_choice(before), dict(patch))
    defaults = represent_choice(Preferences())["channels"]
    # A switch, or all of them, that was set to null is as it is without a choice.
    channels = apply_merge_patch(defaults, merged.get("channels", {}))
    try:
        draft = PreferencesDraft.model_validate({**merged, "channels": channels})
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error) from None
    switches = draft.channels.model_dump()
    quiet_hours = draft.quiet_hours
    return replace(
        before,
        chosen={kind: frozenset(name for name in CHANNELS if switches[kind][name]) for kind in CHOSEN_KINDS},
        quiet_hours=None
        if quiet_hours is None
        else QuietHours(time.fromisoformat(quiet_hours.start), time.fromisoformat(quiet_hours.end)),
        digest_at=None if draft.daily_digest is None else time.fromisoformat(draft.daily_digest.time),
    )
