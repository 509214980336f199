"""The query parameters of `GET /tasks`."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from app.api.pagination import DEFAULT_PAGE_SIZE, CursorText, Limit
from app.api.schemas import NO_NUL, Instant, parse_id
from app.tasks.query import STATUSES, Status, TaskQuery

_SORTS = ("position", "due", "priority", "created", "updated")


def _parse_list(value: object) -> object:
    return value if value == "inbox" else parse_id(value)


ListFilter = Annotated[
    UUID | Literal["inbox"],
    BeforeValidator(_parse_list),
    WithJsonSchema({"type": "string", "description": "The id of a list, or `inbox` for tasks in none"}),
]
ParentFilter = Annotated[UUID, BeforeValidator(parse_id), WithJsonSchema({"type": "string", "format": "uuid"})]


class TaskListParameters(BaseModel):
    """Filters, order and page. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[Status], Field(description="May be repeated; any by default")] = []
    list_id: ListFilter | None = None
    label: Annotated[str, Field(min_length=1, max_length=50), NO_NUL] | None = None
    priority_min: Annotated[int, Field(ge=0, le=4)] = 0
    due_before: Annotated[Instant, Field(description="Due before this instant")] | None = None
    due_after: Annotated[Instant, Field(description="Due at this instant or later")] | None = None
    parent_id: Annotated[ParentFilter, Field(description="Subtasks of this task")] | None = None
    q: Annotated[str, Field(max_length=200, description="Words that title or notes contain"), NO_NUL] | None = None
    deleted: Annotated[bool, Field(description="The trash instead of the tasks")] = False
    sort: Annotated[
        str,
        Field(
            pattern=rf"^-?({'|'.join(_SORTS)})$",
            description="Ascending, or descending with `-`. Tasks without a due date come last by `due`.",
        ),
    ] = "position"
    limit: Limit = DEFAULT_PAGE_SIZE
    cursor: CursorText | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.due_after is not None and self.due_before is not None and self.due_after > self.due_before:
            raise ValueError("due_after is later than due_before")
        return self

    def to_query(self) -> TaskQuery:
        """Return the query that these parameters ask for."""
        return TaskQuery(
            sort=self.sort.removeprefix("-"),
            is_descending=self.sort.startswith("-"),
            statuses=self.status or STATUSES,
            list_id=self.list_id,
            parent_id=self.parent_id,
            label=self.label,
            priority_min=self.priority_min,
            due_after=self.due_after,
            due_before=self.due_before,
            search=self.q,
            is_deleted=self.deleted,
        )
