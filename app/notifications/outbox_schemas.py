"""What goes in and out of the routes of the outbox."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.pagination import DEFAULT_PAGE_SIZE, CursorText, Limit
from app.api.schemas import Id, Instant


class OutboxParameters(BaseModel):
    """Which entries, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[Literal["dead"], Field(description="Those that were given up")] = "dead"
    limit: Limit = DEFAULT_PAGE_SIZE
    cursor: CursorText | None = None


class OutboxEntryOut(BaseModel):
    """Something that a user could not be told."""

    id: Id
    user_id: Id
    kind: Annotated[str, Field(examples=["reminder"])]
    channel: Annotated[
        str | None,
        Field(description="By which it was to be told; null: not yet found out", examples=["email"]),
    ]
    at: Annotated[Instant, Field(description="What it was about, or for when it was planned")]
    attempts: Annotated[int, Field(examples=[16])]
    died_at: Annotated[Instant, Field(description="When it was given up; it is kept for up to 30 days from then")]
    last_error: Annotated[str, Field(description="Of the last attempt", examples=["550 mailbox unavailable"])]


class OutboxPage(BaseModel):
    """A page of entries, those given up last first."""

    items: list[OutboxEntryOut]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last")]
