"""Who is calling: what a route and a service may know of the signed-in user."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["user", "admin"]
# What a personal token may be allowed to do (RFC 6749, section 3.3). None of them includes another one.
TokenScope = Literal["tasks:read", "tasks:write", "admin"]


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What a personal token allows, and until when: in seconds since 1970, infinity for one that does not expire."""

    scopes: frozenset[TokenScope]
    expires_at: float


@dataclass(frozen=True, slots=True)
class Caller:
    """The user of one request; `revision` is the user's counter when the request arrived.

    A signed-in session may do all that its user may, and has no `grant`. For a personal token `session_id` is its id.
    """

    user_id: UUID
    session_id: UUID
    role: Role
    revision: int
    timezone: str
    grant: TokenGrant | None = None
