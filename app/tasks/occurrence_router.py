"""The route that looks ahead in the series of a recurring task."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.cacheable import EtagKind, cacheable
from app.api.openapi import read_problems
from app.api.preconditions import conditional_json, content_etag
from app.api.schemas import Id
from app.api.security import TaskReader
from app.api.strict_json import StrictJsonRoute
from app.tasks.dependencies import TasksPart
from app.tasks.representation import represent_occurrence
from app.tasks.schemas import OccurrencesAnswer

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=StrictJsonRoute)

# As many as a year of a calendar shows of a task twice a week.
_MAX_OCCURRENCES = 100
_DEFAULT_OCCURRENCES = 10


class OccurrenceParameters(BaseModel):
    """How far to look ahead."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=_MAX_OCCURRENCES, description="Dates an answer")] = _DEFAULT_OCCURRENCES


@router.get(
    "/{task_id}/occurrences",
    operation_id="listOccurrences",
    summary="Look ahead in a series",
    response_model=OccurrencesAnswer,
    responses=read_problems(304, 404),
)
@cacheable(EtagKind.ANSWER)
async def list_occurrences(
    task_id: Id,
    request: Request,
    parameters: Annotated[OccurrenceParameters, Query()],
    caller: TaskReader,
    module: TasksPart,
) -> Response:
    """Return the dates that follow the due date of a recurring task by its rule; none for another task."""
    occurrences = await module.occurrences.get_occurrences(caller.user_id, task_id, caller.timezone, parameters.limit)
    answer = {"items": [represent_occurrence(due, due_at) for due, due_at in occurrences]}
    return conditional_json(request, answer, content_etag(answer))
