"""The shapes of requests and answers about common tasks."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import Id, Instant, StrictModel
from app.tasks.schemas import Labels, Notes, Position, Priority, Title


class CommonTaskDraft(StrictModel):
    """A new common task, and the editable part of an existing one but for its position."""

    title: Title
    notes: Notes = ""
    priority: Priority = 0
    labels: Annotated[Labels, Field(default_factory=list)]


class CommonTaskPatch(StrictModel):
    """A merge patch (RFC 7396) of a common task: what is absent stays, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Back up the laptop", "priority": 2}]})

    title: Title | None = None
    notes: Notes | None = None
    priority: Priority | None = None
    labels: Labels | None = None
    position: Position | None = None


class CommonTaskOut(CommonTaskDraft):
    """A common task as it is answered."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: Id
    position: Position
    created_at: Instant
    updated_at: Instant
    revision: Annotated[int, Field(ge=1, description="Counts the changes of the whole catalogue", examples=[7])]


class CommonTaskPage(BaseModel):
    """All common tasks, in their order."""

    items: list[CommonTaskOut]
    next_cursor: None


class AddRequest(StrictModel):
    """Where a copy goes; the inbox, if nothing is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"list_id": None}]})

    list_id: Annotated[Id | None, Field(description="A list of one's own, or null for the inbox")] = None
