"""Who is calling: what a route and a service may know of the signed-in user."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in user of one request; `revision` is the user's counter when the request arrived."""

    user_id: UUID
    session_id: UUID
    role: Role
    revision: int
    timezone: str
