"""The shapes of requests and answers about tasks and lists."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from app.api.schemas import NO_NUL, Id, Instant, Revision, StrictModel
from app.tasks.due import Due
from app.tasks.position import is_position
from app.tasks.query import Status
from app.tasks.recurrence import Recurrence, RecurrencePatch

MAX_BATCH_OPERATIONS = 100
# Four weeks, the longest lead time that calendars offer.
_MAX_MINUTES_BEFORE = 40_320


def _refuse_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _drop_repeated(labels: list[str]) -> list[str]:
    return list(dict.fromkeys(labels))


def _check_position(value: str) -> str:
    if not is_position(value):
        raise ValueError("is not a position")
    return value


class Reminder(StrictModel):
    """A reminder: so many minutes ahead of the due time, or at an instant; one of the two."""

    minutes_before: Annotated[int, Field(ge=0, le=_MAX_MINUTES_BEFORE, examples=[30])] | None = None
    at: Instant | None = None

    @model_validator(mode="after")
    def _check_one_kind(self) -> Self:
        if (self.minutes_before is None) == (self.at is None):
            raise ValueError("give either minutes_before or at")
        return self


Title = Annotated[
    str, Field(min_length=1, max_length=500, examples=["Buy milk"]), NO_NUL, AfterValidator(_refuse_blank)
]
Notes = Annotated[str, Field(max_length=20_000, description="Markdown", examples=["Two bottles, *organic*"]), NO_NUL]
Priority = Annotated[int, Field(ge=0, le=4, description="0 (none) to 4 (urgent)", examples=[2])]
Label = Annotated[str, Field(min_length=1, max_length=50, examples=["home"]), NO_NUL, AfterValidator(_refuse_blank)]
Labels = Annotated[list[Label], Field(max_length=20), AfterValidator(_drop_repeated)]
Reminders = Annotated[list[Reminder], Field(max_length=5)]
Position = Annotated[
    str,
    AfterValidator(_check_position),
    Field(description="Order among siblings, compared as text", examples=["a0"]),
]
ListName = Annotated[
    str, Field(min_length=1, max_length=100, examples=["Groceries"]), NO_NUL, AfterValidator(_refuse_blank)
]
Color = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", examples=["#2f80ed"]), NO_NUL]


class TaskDraft(StrictModel):
    """A new task, and the editable part of an existing one."""

    title: Title
    notes: Notes = ""
    status: Status = "todo"
    priority: Priority = 0
    due: Due | None = None
    recurrence: Recurrence | None = None
    reminders: Annotated[Reminders, Field(default_factory=list)]
    labels: Annotated[Labels, Field(default_factory=list)]
    list_id: Id | None = None
    parent_id: Id | None = None

    @field_validator("recurrence")
    @classmethod
    def _check_start(cls, recurrence: Recurrence | None, info: ValidationInfo) -> Recurrence | None:
        # A due date that is wrong is told by itself.
        has_no_due_date = "due" in info.data and info.data["due"] is None
        if recurrence is not None and recurrence.basis == "due" and has_no_due_date:
            raise ValueError('needs a due date to count from; give one, or recur "from": "completion"')
        return recurrence


class DuePatch(StrictModel):
    """A merge patch of a due date."""

    date: str | None = None
    time: str | None = None
    timezone: str | None = None


class TaskPatch(StrictModel):
    """A merge patch (RFC 7396) of a task: what is absent stays, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": 3, "due": None}]})

    title: Title | None = None
    notes: Notes | None = None
    status: Status | None = None
    priority: Priority | None = None
    due: DuePatch | None = None
    recurrence: RecurrencePatch | None = None
    reminders: Reminders | None = None
    labels: Labels | None = None
    list_id: Id | None = None
    parent_id: Id | None = None


class MoveRequest(StrictModel):
    """Where to move a task: behind another one of the same list, or to the top (null)."""

    after_id: Id | None
    list_id: Annotated[Id | None, Field(description="Another list, or null for the inbox")] = None


class ListDraft(StrictModel):
    """A new list, and the editable part of an existing one."""

    name: ListName
    color: Color | None = None
    archived: bool = False


class ListPatch(StrictModel):
    """A merge patch (RFC 7396) of a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Shopping", "color": "#27ae60"}]})

    name: ListName | None = None
    color: Color | None = None
    archived: bool | None = None
    position: Position | None = None


OperationName = Literal["create", "update", "delete", "complete", "reopen", "restore", "move"]


class OperationHead(BaseModel):
    """The part of a batch operation that tells what the rest must be."""

    op: OperationName


class TargetOperation(StrictModel):
    """An operation that needs only the task."""

    id: Id


class UpdateOperation(TaskPatch):
    """A merge patch of one task."""

    id: Id


class MoveOperation(MoveRequest):
    """A move of one task."""

    id: Id


Operation = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["op"],
            "properties": {
                "op": {"enum": ["create", "update", "delete", "complete", "reopen", "restore", "move"]},
                "id": {"type": "string", "format": "uuid", "description": "The task; not for `create`"},
            },
            "description": "The fields of a new task, a patch or a move stand beside `op` and `id`.",
        }
    ),
]


class BatchRequest(StrictModel):
    """Several operations under one revision."""

    operations: Annotated[list[Operation], Field(min_length=1, max_length=MAX_BATCH_OPERATIONS)]
    atomic: Annotated[bool, Field(description="All or nothing")] = False


class TaskOut(TaskDraft):
    """A task as it is answered."""

    # Whoever reads a task finds every member, whether whoever wrote it named them all or not.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: Id
    due_at: Annotated[Instant | None, Field(description="The instant that `due` means")]
    position: Position
    completed_at: Instant | None
    created_at: Instant
    updated_at: Instant
    revision: Revision


class TaskPage(BaseModel):
    """One page of tasks."""

    items: list[TaskOut]
    next_cursor: str | None


class ListOut(BaseModel):
    """A list as it is answered."""

    id: Id
    name: ListName
    color: Color | None
    archived: bool
    position: Position
    revision: Revision


class Occurrence(Due):
    """A date on which a task comes again."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    due_at: Annotated[Instant, Field(description="The instant that this means")]


class OccurrencesAnswer(BaseModel):
    """The dates that follow a task's due date by its rule."""

    items: list[Occurrence]


class ListPage(BaseModel):
    """One page of lists."""

    items: list[ListOut]
    next_cursor: str | None


class BatchResult(BaseModel):
    """What became of one operation."""

    status: Annotated[int, Field(examples=[201])]
    task: TaskOut | None = None
    problem: dict[str, Any] | None = None


class BatchAnswer(BaseModel):
    """The results, in the order of the operations."""

    results: list[BatchResult]


class LabelCount(BaseModel):
    """A label and how many open tasks bear it."""

    name: Label
    count: int


class LabelsAnswer(BaseModel):
    """All labels of open tasks, by name."""

    items: list[LabelCount]


class StatusCounts(BaseModel):
    """Tasks by status."""

    todo: int
    in_progress: int
    done: int


class DayCount(BaseModel):
    """How many tasks were completed on a day of the user's calendar."""

    date: Annotated[str, Field(examples=["2026-12-01"])]
    count: int


class StatsAnswer(BaseModel):
    """Numbers for the statistics page."""

    by_status: StatusCounts
    overdue: int
    due_today: int
    completed_per_day: list[DayCount]


class DeletedIds(BaseModel):
    """What was deleted."""

    tasks: list[Id]
    lists: list[Id]


class SyncAnswer(BaseModel):
    """What changed after `since`, up to and including `revision`."""

    revision: Annotated[
        int, Field(description="The next `since`; negative while a first walk is among old changes", examples=[42])
    ]
    has_more: bool
    reset: Annotated[bool, Field(description="Forget what you have: this answer starts from nothing")]
    tasks: list[TaskOut]
    lists: list[ListOut]
    deleted: DeletedIds
