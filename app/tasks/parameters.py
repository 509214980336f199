"""The query parameters of `GET /tasks`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.api.pagination import DEFAULT_PAGE_SIZE, CursorText, Limit
from app.api.schemas import NO_NUL, parse_id, parse_instant
from app.core.errors import ValidationProblemError
from app.tasks.due import check_date, local_day_start
from app.tasks.query import STATUSES, Status, TaskQuery

_DATE_LENGTH = len("2026-12-01")
_SORTS = ("position", "due", "priority", "created", "updated")


def _parse_list(value: object) -> object:
    return value if value == "inbox" else parse_id(value)


ListFilter = Annotated[
    UUID | Literal["inbox"],
    BeforeValidator(_parse_list),
    WithJsonSchema({"type": "string", "description": "The id of a list, or `inbox` for tasks in none"}),
]
ParentFilter = Annotated[UUID, BeforeValidator(parse_id), WithJsonSchema({"type": "string", "format": "uuid"})]


def _parse_bound(value: object) -> object:
    return check_date(value) if isinstance(value, str) and len(value) == _DATE_LENGTH else parse_instant(value)


# A day as text, or an instant.
DueBound = Annotated[
    str | datetime,
    BeforeValidator(_parse_bound),
    WithJsonSchema({"type": "string", "examples": ["2026-12-01", "2026-12-01T08:30:00Z"]}),
]


def _to_instant(bound: str | datetime | None, timezone: str) -> datetime | None:
    return local_day_start(date.fromisoformat(bound), timezone) if isinstance(bound, str) else bound


class TaskListParameters(BaseModel):
    """Filters, order and page. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[Status], Field(description="May be repeated; any by default")] = []
    list_id: ListFilter | None = None
    label: Annotated[str, Field(min_length=1, max_length=50), NO_NUL] | None = None
    priority_min: Annotated[int, Field(ge=0, le=4)] = 0
    due_before: Annotated[DueBound, Field(description="Due before this instant or day")] | None = None
    due_after: Annotated[DueBound, Field(description="Due at this instant, on this day or later")] | None = None
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

    def to_query(self, timezone: str) -> TaskQuery:
        """Return the query that these parameters ask for; days begin in the user's time zone."""
        due_after, due_before = (_to_instant(bound, timezone) for bound in (self.due_after, self.due_before))
        if due_after is not None and due_before is not None and due_after > due_before:
            raise ValidationProblemError("/due_after", "It is later than due_before.")
        return TaskQuery(
            sort=self.sort.removeprefix("-"),
            is_descending=self.sort.startswith("-"),
            statuses=self.status or STATUSES,
            list_id=self.list_id,
            parent_id=self.parent_id,
            label=self.label,
            priority_min=self.priority_min,
            due_after=due_after,
            due_before=due_before,
            search=self.q,
            is_deleted=self.deleted,
        )
