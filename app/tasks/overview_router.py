"""The routes that concern many tasks at once: batch, statistics, labels, synchronisation."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.preconditions import (
    conditional_json,
    content_etag,
    is_unchanged,
    json_with_etag,
    list_etag,
    not_modified,
)
from app.api.problems import describe_occasion
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.tasks.batch_service import Results
from app.tasks.dependencies import TasksPart
from app.tasks.representation import represent_list, represent_task
from app.tasks.schemas import BatchAnswer, BatchRequest, LabelsAnswer, StatsAnswer, SyncAnswer

router = APIRouter(route_class=StrictJsonRoute)

# A page of changes carries less than a page of items does work: a client that was away wants few round trips.
_MAX_SYNC_LIMIT = 1_000
_DEFAULT_SYNC_LIMIT = 200
# Integers that JSON readers of every language hold exactly (RFC 8259, section 6).
_MAX_REVISION = 2**53 - 1


class SyncParameters(BaseModel):
    """Where the client stands, and how much it wants."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        int,
        Field(ge=-_MAX_REVISION, le=_MAX_REVISION, description="`revision` of the answer before; 0 to begin"),
    ] = 0
    limit: Annotated[int, Field(ge=1, le=_MAX_SYNC_LIMIT, description="Documents an answer")] = _DEFAULT_SYNC_LIMIT


def _answer_results(results: Results) -> Response:
    return Response(
        to_json({"results": results}), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@router.post(
    "/tasks/batch",
    tags=["tasks"],
    operation_id="batchTasks",
    summary="Do several things at once",
    response_model=BatchAnswer,
    responses=write_problems(404, 409),
    openapi_extra={
        "requestBody": {
            "content": {
                "application/json": {
                    "example": {
                        "operations": [
                            {"op": "create", "title": "Buy milk", "labels": ["home"]},
                            {"op": "complete", "id": "0198c7a2-6f00-7000-8000-000000000000"},
                        ],
                        "atomic": False,
                    }
                }
            }
        }
    },
)
async def batch_tasks(
    request: Request, batch: BatchRequest, caller: TaskWriter, module: TasksPart, once: OnceHeader
) -> Response:
    """Run up to 100 operations under one revision and return their results in order.

    Each operation succeeds or fails by itself; with `atomic` the first failure undoes all of them, and the
    answer is a problem with that operation's status and all `results`.
    """
    occasion = describe_occasion(request)
    return await once.answer(
        caller,
        _answer_results,
        lambda recorder: module.batches.run(caller.user_id, batch, recorder, occasion=occasion),
    )


@router.get(
    "/tasks/stats",
    tags=["tasks"],
    operation_id="getTaskStats",
    summary="Count tasks",
    response_model=StatsAnswer,
    responses=read_problems(304),
)
@cacheable(EtagKind.ANSWER)
async def get_stats(request: Request, caller: TaskReader, module: TasksPart) -> Response:
    """Return numbers by status and due date, and completions of the last 30 days in the user's time zone."""
    stats = await module.overview.get_stats(caller.user_id, caller.timezone)
    answer = {
        "by_status": stats.by_status,
        "overdue": stats.overdue,
        "due_today": stats.due_today,
        "completed_per_day": [{"date": day.isoformat(), "count": count} for day, count in stats.completed_per_day],
    }
    return conditional_json(request, answer, content_etag(answer))


@router.get(
    "/labels",
    tags=["tasks"],
    operation_id="listLabels",
    summary="List labels",
    response_model=LabelsAnswer,
    responses=read_problems(304),
)
@cacheable(EtagKind.QUERY)
async def list_labels(request: Request, caller: TaskReader, module: TasksPart) -> Response:
    """Return the labels of the tasks that are not done, with their counts, by name."""
    etag = list_etag(request, caller)
    if is_unchanged(request, etag):
        return not_modified(etag)
    labels = await module.overview.get_labels(caller.user_id)
    return json_with_etag({"items": [{"name": name, "count": count} for name, count in labels]}, etag)


@router.get(
    "/sync",
    tags=["sync"],
    operation_id="sync",
    summary="Read what changed",
    response_model=SyncAnswer,
    responses=read_problems(304),
)
async def sync(
    request: Request, parameters: Annotated[SyncParameters, Query()], caller: TaskReader, module: TasksPart
) -> Response:
    """Return what changed after revision `since`, deletions included, in whole revisions.

    Ask again with the answered `revision` while `has_more`. When `reset` is true, forget everything first.
    """
    etag = list_etag(request, caller)
    if is_unchanged(request, etag):
        return not_modified(etag)
    delta = await module.sync.get_delta(caller.user_id, parameters.since, parameters.limit)
    answer = {
        "revision": delta.revision,
        "has_more": delta.has_more,
        "reset": delta.is_reset,
        "tasks": [represent_task(task) for task in delta.tasks if not task["deleted"]],
        "lists": [represent_list(document) for document in delta.lists if not document["deleted"]],
        "deleted": {
            "tasks": [str(task["_id"]) for task in delta.tasks if task["deleted"]],
            "lists": [str(document["_id"]) for document in delta.lists if document["deleted"]],
        },
    }
    return json_with_etag(answer, etag)
