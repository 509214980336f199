"""What goes in and out of the routes of notices and preferences."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from app.api.pagination import DEFAULT_PAGE_SIZE, CursorText, Limit
from app.api.schemas import Id, Instant, Revision, StrictModel
from app.notifications.kinds import Kind

# As many as a page holds.
MAX_NAMED_NOTICES = 200

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _check_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time such as 07:30")
    return text


LocalTime = Annotated[str, AfterValidator(_check_time), Field(description="In the user's zone", examples=["07:30"])]
Switch = Annotated[bool, Field(examples=[True])]


class NoticeParameters(BaseModel):
    """Which notices, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = DEFAULT_PAGE_SIZE
    cursor: CursorText | None = None
    unread: Annotated[Literal["true", "false"], Field(description="`true` leaves out what was read")] = "false"


class NoticeOut(BaseModel):
    """One notice."""

    id: Id
    kind: Kind
    title: Annotated[str, Field(examples=["Buy milk"])]
    body: Annotated[str, Field(description="Plain text, may be empty", examples=["Due on Tuesday, 1 December 2026"])]
    task_id: Annotated[Id | None, Field(description="The task that it is about; it may be gone by now")]
    created_at: Instant
    read_at: Instant | None
    revision: Revision


UnreadCount = Annotated[int, Field(ge=0, description="How many are unread, counted up to 1,000", examples=[3])]


class NoticePage(BaseModel):
    """A page of notices, the newest first."""

    items: list[NoticeOut]
    next_cursor: str | None
    unread_count: UnreadCount


class ReadRequest(StrictModel):
    """Which notices were read: those named, or all."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_NAMED_NOTICES)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.ids is None) == (self.all is None):
            raise ValueError("give either ids or all")
        return self


class ReadAnswer(BaseModel):
    """What is left."""

    unread_count: UnreadCount


class ChannelSwitches(StrictModel):
    """By which channels the user is told of one kind."""

    in_app: Switch
    email: Switch
    push: Switch


class KindSwitches(StrictModel):
    """The channels of each kind."""

    reminder: ChannelSwitches
    digest: ChannelSwitches
    security: ChannelSwitches

    @field_validator("security")
    @classmethod
    def _check_security(cls, switches: ChannelSwitches) -> ChannelSwitches:
        if not switches.email:
            raise ValueError("mails about the security of the account cannot be turned off")
        return switches


class QuietHoursOut(StrictModel):
    """From when until when nothing makes a sound; over midnight when the end is the earlier time."""

    start: LocalTime
    end: LocalTime

    @model_validator(mode="after")
    def _check_span(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end must differ")
        return self


class DigestOut(StrictModel):
    """When the summary of the day comes."""

    time: LocalTime


class PreferencesDraft(StrictModel):
    """Everything that a user chooses."""

    channels: KindSwitches
    quiet_hours: QuietHoursOut | None = None
    daily_digest: DigestOut | None = None


class PreferencesOut(PreferencesDraft):
    """What a user has chosen."""

    revision: Revision


class _SwitchesPatch(StrictModel):
    in_app: bool | None = None
    email: bool | None = None
    push: bool | None = None


class _KindsPatch(StrictModel):
    reminder: _SwitchesPatch | None = None
    digest: _SwitchesPatch | None = None
    security: _SwitchesPatch | None = None


class _QuietHoursPatch(StrictModel):
    start: LocalTime | None = None
    end: LocalTime | None = None


class PreferencesPatch(StrictModel):
    """A JSON merge patch of the preferences; null takes a switch back to what it is without a choice."""

    channels: _KindsPatch | None = None
    quiet_hours: _QuietHoursPatch | None = None
    daily_digest: DigestOut | None = None

    def to_patch(self) -> dict[str, Any]:
        """Return the merge patch as it was sent."""
        return self.model_dump(exclude_unset=True)
