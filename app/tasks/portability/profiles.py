"""What export and import need of the profile, which another feature keeps; handed in by the composition root."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from app.data.database import Session


class PortableProfiles(Protocol):
    """Reads and takes over `{"name", "timezone", "locale", "settings"}`."""

    async def read(self, user_id: UUID, session: Session) -> dict[str, Any]:
        """Return the profile as the session sees it. Raises `UnauthenticatedError` when the account is gone."""
        ...

    def check(self, profile: object) -> Mapping[str, Any]:
        """Return what can be taken over. Raises a `ProblemError` with status 422."""
        ...

    async def adopt(self, user_id: UUID, profile: Mapping[str, Any]) -> None:
        """Put the profile in place of the account's own."""
        ...
