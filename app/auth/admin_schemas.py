"""What goes in and out of the routes of administrators."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import NO_NUL, Id, Instant, Revision, StrictModel
from app.auth.schemas import Name, PageParameters
from app.core.identity import Role

# That of an address (RFC 5321) with room for what is pasted around one.
_MAX_SEARCH_LENGTH = 320
_MAX_ACTION_LENGTH = 100

Email = Annotated[str | None, Field(examples=["ada@example.org"])]


class UserListParameters(PageParameters):
    """Whom to look for, and which page."""

    q: Annotated[
        str | None,
        Field(max_length=_MAX_SEARCH_LENGTH, description="An id, an e-mail address, or its beginning"),
        NO_NUL,
    ] = None


class AuditParameters(PageParameters):
    """Which entries, and which page."""

    action: Annotated[
        str | None,
        Field(
            max_length=_MAX_ACTION_LENGTH,
            pattern=r"^[a-z][a-z.-]*$",
            description="Only this kind of act",
            examples=["user.role-changed"],
        ),
    ] = None
    actor_id: Annotated[Id | None, Field(description="Only what this user did")] = None
    subject_id: Annotated[Id | None, Field(description="Only what was done to this user or thing")] = None


class ManagedUserOut(BaseModel):
    """A user, in a list."""

    id: Id
    email: Email
    name: Name
    role: Role
    disabled: Annotated[bool, Field(description="Whether the account is shut out")]
    created_at: Instant
    last_seen_at: Annotated[Instant | None, Field(description="The last sign-in or refresh, to the hour")]
    revision: Revision


class ManagedUserPage(BaseModel):
    """A page of users."""

    items: list[ManagedUserOut]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last")]


class UserDetailsOut(ManagedUserOut):
    """One user."""

    sessions: Annotated[int, Field(description="Devices and programs that are signed in", examples=[2])]
    tasks: Annotated[int, Field(description="Tasks that are not in the trash", examples=[120])]


def _without_defaults(schema: dict[str, Any]) -> None:
    """Take the defaults out of a patch: clients that fill them in would change what they do not mean to."""
    for member in schema["properties"].values():
        del member["default"]


class ManagedUserPatch(StrictModel):
    """A merge patch (RFC 7396) of what administrators decide: what is absent stays."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    role: Annotated[Role, Field(examples=["admin"])] = "user"
    disabled: Annotated[bool, Field(description="Shut the account out, or let it in again")] = False


class PeriodCounts(BaseModel):
    """Counts of the last days."""

    last_day: int
    last_7_days: int
    last_30_days: int


class UserCounts(BaseModel):
    """Users, by what can be said of them."""

    total: Annotated[int, Field(description="About how many there are")]
    admins: int
    disabled: int
    new: Annotated[PeriodCounts, Field(description="Accounts made within")]
    active: Annotated[PeriodCounts, Field(description="Users who signed in or refreshed within, to the hour")]


class RoughCount(BaseModel):
    """How many there are, by the servers' own count."""

    total: int


class AdminStats(BaseModel):
    """Statistics, up to a minute old."""

    users: UserCounts
    sessions: RoughCount
    tasks: Annotated[RoughCount, Field(description="Those in the trash included")]
    counted_at: Instant


class AuditActor(BaseModel):
    """Who acted: a user, somebody at the command line, or a setting."""

    kind: Literal["user", "cli", "setting"]
    id: Annotated[Id | None, Field(description="Of a user")]
    name: Annotated[
        str | None, Field(description="A user's, the operating system's, or the setting's", examples=["Ada Lovelace"])
    ]
    email: Email


class AuditSubject(BaseModel):
    """What was acted upon."""

    kind: Annotated[str, Field(examples=["user"])]
    id: Id
    email: Email


class AuditDetails(BaseModel):
    """What changed."""

    before: Annotated[dict[str, Any] | None, Field(examples=[{"role": "user"}])]
    after: Annotated[dict[str, Any] | None, Field(examples=[{"role": "admin"}])]


class AuditEntryOut(BaseModel):
    """One act of an administrator."""

    id: Id
    at: Instant
    actor: AuditActor
    action: Annotated[str, Field(examples=["user.role-changed"])]
    subject: AuditSubject
    details: AuditDetails
    request_id: Annotated[str | None, Field(description="As in the log; null for no request")]


class AuditPage(BaseModel):
    """A page of the audit, the newest entry first."""

    items: list[AuditEntryOut]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last")]
