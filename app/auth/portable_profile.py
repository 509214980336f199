"""The profile as exports hold it and imports take it over."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.api.problems import InvalidInputError
from app.api.schemas import StrictModel
from app.api.timezones import TimeZoneName
from app.auth.profile import Profiles, serialise_settings
from app.auth.schemas import ClientSettings, Locale, Name
from app.auth.users import User, UserRepository
from app.core.errors import UnauthenticatedError
from app.data.database import Session


class PortableProfile(StrictModel):
    """The part of a profile that goes with its owner to another account."""

    name: Name
    timezone: TimeZoneName
    locale: Locale
    settings: ClientSettings


class PortableProfiles:
    """Reads profiles for exports, and puts those of imports in place."""

    def __init__(self, users: UserRepository, profiles: Profiles) -> None:
        self._users = users
        self._profiles = profiles

    async def read(self, user_id: UUID, session: Session) -> dict[str, Any]:
        """Return the profile as the session sees it. Raises `UnauthenticatedError` when the account is gone."""
        user = await self._users.find(user_id, session)
        if user is None:
            raise UnauthenticatedError("The account does not exist any more.", error="invalid_token")
        return represent_portable_profile(user)

    def check(self, profile: object) -> Mapping[str, Any]:
        """Return what can be taken over. Raises `InvalidInputError` or `ValidationProblemError`.

        Their pointers begin below the profile.
        """
        try:
            checked = PortableProfile.model_validate(profile).model_dump()
        except ValidationError as error:
            raise InvalidInputError.from_pydantic(error) from None
        serialise_settings(checked["settings"])
        return checked

    async def adopt(self, user_id: UUID, profile: Mapping[str, Any]) -> None:
        """Put the profile in place of the account's own."""
        await self._profiles.adopt(user_id, profile)


def represent_portable_profile(user: User) -> dict[str, Any]:
    """Return `{name, timezone, locale, settings}`."""
    return {
        "name": user.name,
        "timezone": user.timezone,
        "locale": user.locale,
        "settings": user.read_settings(),
    }
