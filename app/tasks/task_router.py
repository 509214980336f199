"""The routes of single tasks and of the task list."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.pagination import CursorCodec, join_page, next_page_link
from app.api.paths import API_PREFIX
from app.api.preconditions import (
    IfMatchHeader,
    conditional_json,
    is_unchanged,
    json_with_etag,
    list_etag,
    not_modified,
    resource_etag,
)
from app.api.query_model import QueryModel
from app.api.schemas import Id
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.data.database import Document
from app.tasks.dependencies import TasksPart
from app.tasks.parameters import TaskListParameters
from app.tasks.query import Place
from app.tasks.representation import represent_task
from app.tasks.schemas import MoveRequest, TaskDraft, TaskOut, TaskPage, TaskPatch

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=StrictJsonRoute)

_list_parameters = QueryModel(TaskListParameters)
# A search as it is typed, a page further on, and what is due before or after some instant.
_SELDOM_REPEATED = re.compile(rb"(?:^|&)(?:q=|cursor=|due_(?:after|before)=[^&]*[Tt])")


def _answer(task: Document) -> Response:
    return json_with_etag(represent_task(task), resource_etag(task["revision"]))


def _answer_created(task: Document) -> Response:
    location = {"Location": f"{API_PREFIX}/tasks/{task['_id']}"}
    return json_with_etag(represent_task(task), resource_etag(task["revision"]), 201, location)


@router.post(
    "",
    operation_id="createTask",
    summary="Add a task",
    status_code=201,
    response_model=TaskOut,
    responses=write_problems(409),
)
async def create_task(draft: TaskDraft, caller: TaskWriter, module: TasksPart, once: OnceHeader) -> Response:
    """Add a task at the end. Without `list_id` it is in the inbox; with `parent_id` it is a subtask."""
    return await once.answer(
        caller, _answer_created, lambda recorder: module.tasks.create(caller.user_id, draft, recorder)
    )


@router.get(
    "",
    operation_id="listTasks",
    summary="List tasks",
    response_model=TaskPage,
    responses=read_problems(304, 400),
    openapi_extra=_list_parameters.openapi,
)
@cacheable(EtagKind.QUERY, seldom_repeated=_SELDOM_REPEATED)
async def list_tasks(
    request: Request,
    caller: TaskReader,
    parameters: Annotated[TaskListParameters, Depends(_list_parameters)],
    module: TasksPart,
) -> Response:
    """Return one page of the tasks that match all filters.

    Walking the pages shows no task twice and misses none that was not changed meanwhile.
    """
    etag = list_etag(request, caller)
    query, codec = parameters.to_query(caller.timezone), CursorCodec(request, caller.user_id)
    place = None if parameters.cursor is None else Place.from_key(codec.decode(parameters.cursor), query)
    if is_unchanged(request, etag):
        return not_modified(etag)
    tasks, next_place = await module.tasks.get_page(caller.user_id, query, place, parameters.limit, caller.revision)
    next_cursor = None if next_place is None else codec.encode(next_place.to_key())
    page = join_page(module.texts.render(tasks), next_cursor)
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@router.get(
    "/{task_id}",
    operation_id="getTask",
    summary="Read a task",
    response_model=TaskOut,
    responses=read_problems(304, 404),
)
@cacheable(EtagKind.ANSWER)
async def get_task(task_id: Id, request: Request, caller: TaskReader, module: TasksPart) -> Response:
    """Return a task that is not in the trash."""
    task = await module.tasks.get(caller.user_id, task_id)
    return conditional_json(request, represent_task(task), resource_etag(task["revision"]))


@router.patch(
    "/{task_id}",
    operation_id="updateTask",
    summary="Change a task",
    response_model=TaskOut,
    responses=write_problems(404, 412),
)
async def update_task(
    task_id: Id, patch: TaskPatch, caller: TaskWriter, module: TasksPart, if_match: IfMatchHeader
) -> Response:
    """Apply a JSON merge patch: what is absent stays as it is, `null` clears, `{}` changes nothing."""
    fields = patch.model_dump(exclude_unset=True, mode="json")
    return _answer(await module.tasks.update(caller.user_id, task_id, fields, if_match))


@router.delete(
    "/{task_id}",
    operation_id="deleteTask",
    summary="Move a task to the trash",
    status_code=204,
    responses=write_problems(404, 412),
)
async def delete_task(task_id: Id, caller: TaskWriter, module: TasksPart, if_match: IfMatchHeader) -> Response:
    """Move a task with its subtasks to the trash, where they stay for 30 days."""
    await module.tasks.delete(caller.user_id, task_id, if_match)
    return Response(status_code=204)


@router.post(
    "/{task_id}/complete",
    operation_id="completeTask",
    summary="Complete a task",
    response_model=TaskOut,
    responses=write_problems(404, 409),
)
async def complete_task(task_id: Id, caller: TaskWriter, module: TasksPart, once: OnceHeader) -> Response:
    """Set a task done. One that is done already stays as it is."""
    return await once.answer(
        caller, _answer, lambda recorder: module.tasks.complete(caller.user_id, task_id, recorder)
    )


@router.post(
    "/{task_id}/reopen",
    operation_id="reopenTask",
    summary="Reopen a task",
    response_model=TaskOut,
    responses=write_problems(404, 409),
)
async def reopen_task(task_id: Id, caller: TaskWriter, module: TasksPart, once: OnceHeader) -> Response:
    """Set a done task to do. Another one stays as it is."""
    return await once.answer(caller, _answer, lambda recorder: module.tasks.reopen(caller.user_id, task_id, recorder))


@router.post(
    "/{task_id}/restore",
    operation_id="restoreTask",
    summary="Take a task out of the trash",
    response_model=TaskOut,
    responses=write_problems(404, 409),
)
async def restore_task(task_id: Id, caller: TaskWriter, module: TasksPart, once: OnceHeader) -> Response:
    """Restore a task, with the subtasks that were deleted with it; to the inbox when its list is gone."""
    return await once.answer(
        caller, _answer, lambda recorder: module.tasks.restore(caller.user_id, task_id, recorder)
    )


@router.post(
    "/{task_id}/move",
    operation_id="moveTask",
    summary="Move a task",
    response_model=TaskOut,
    responses=write_problems(404, 409),
)
async def move_task(
    task_id: Id, move: MoveRequest, caller: TaskWriter, module: TasksPart, once: OnceHeader
) -> Response:
    """Put a task behind another one (`after_id`) or on top (null), in its own list or in another one."""
    return await once.answer(
        caller, _answer, lambda recorder: module.tasks.move(caller.user_id, task_id, move, recorder)
    )
