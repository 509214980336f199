"""What administrators type to find a user: an id, or an e-mail address or its beginning."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from app.api.schemas import parse_id
from app.auth.emails import fold_address, normalise_email


@dataclass(frozen=True, slots=True)
class UserSearch:
    """One of the two, or neither for everybody."""

    user_id: UUID | None = None
    email_prefix: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what was typed; addresses are folded as those of accounts are (`app.auth.emails`)."""
        folded = fold_address(text)
        if not folded:
            return cls()
        try:
            return cls(user_id=parse_id(folded))
        except ValueError:
            pass
        try:
            return cls(email_prefix=normalise_email(folded))
        except ValueError:  # as the beginning of an address may be
            return cls(email_prefix=folded)


@dataclass(frozen=True, slots=True)
class UserPlace:
    """Where a page of users ends: at an id where the newest come first, at an address where one is looked for."""

    user_id: UUID | None = None
    email: str | None = None
