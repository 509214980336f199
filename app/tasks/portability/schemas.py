"""The shapes of what an import takes out of a file, and of what is told about an import."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from app.api.schemas import Id, Instant
from app.tasks.schemas import ListDraft, Position, TaskDraft

FormatName = Literal["taskfleet", "csv", "todoist", "google-tasks", "microsoft-todo", "vikunja"]
ImportState = Literal["running", "finished", "failed", "interrupted"]


class PortableTask(TaskDraft):
    """A task of a file, apart from its ids; what is absent is as in a new task."""

    position: Position | None = None
    completed_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None

    @model_validator(mode="after")
    def _check_completion(self) -> Self:
        if self.completed_at is not None and self.status != "done":
            raise ValueError("completed_at belongs to tasks that are done")
        return self


class PortableList(ListDraft):
    """A list of a file, apart from its id."""

    position: Position | None = None


class ListCounts(BaseModel):
    """What became of the lists."""

    created: int


class TaskCounts(BaseModel):
    """What became of the tasks."""

    created: int
    skipped: Annotated[int, Field(description="Left out on purpose, such as those that were deleted")]
    failed: Annotated[int, Field(description="Left out because something is wrong with them")]


class ImportFault(BaseModel):
    """Something in the file that was left out, and why."""

    pointer: Annotated[str, Field(description="JSON Pointer into a JSON file", examples=["/tasks/12/title"])]
    line: Annotated[int | None, Field(description="Line of a CSV file", examples=[13])] = None
    detail: str


class ImportNote(BaseModel):
    """Something that came in otherwise than it was, and how often."""

    detail: Annotated[str, Field(examples=["Sections are left out."])]
    count: int


class ImportProgress(BaseModel):
    """How far an import is."""

    bytes_read: int
    bytes_total: int


class ImportOut(BaseModel):
    """An import: how far it is, or what came of it."""

    id: Id
    state: ImportState
    dry_run: bool
    format: FormatName
    lists: ListCounts
    tasks: TaskCounts
    errors: Annotated[list[ImportFault], Field(description="The first 100")]
    errors_left_off: int
    notes: list[ImportNote]
    progress: ImportProgress
    problem: Annotated[dict[str, Any] | None, Field(description="Why it failed")]
