"""The routes of the common tasks: reading them, copying one, and changing them as an administrator."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from app.api.acting import acting_user
from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.paths import API_PREFIX
from app.api.preconditions import (
    IfMatchHeader,
    conditional_json,
    json_with_etag,
    resource_etag,
)
from app.api.schemas import Id
from app.api.security import AdminCaller, TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.data.database import Document
from app.tasks.common_task_documents import represent_common_task
from app.tasks.common_task_schemas import (
    AddRequest,
    CommonTaskDraft,
    CommonTaskOut,
    CommonTaskPage,
    CommonTaskPatch,
)
from app.tasks.dependencies import CommonTasksPart
from app.tasks.representation import represent_task
from app.tasks.schemas import TaskOut

router = APIRouter(prefix="/common-tasks", tags=["common tasks"], route_class=StrictJsonRoute)
admin_router = APIRouter(prefix="/admin/common-tasks", tags=["common tasks"], route_class=StrictJsonRoute)


def _answer(document: Document) -> Response:
    return json_with_etag(represent_common_task(document), resource_etag(document["revision"]))


def _answer_created(document: Document) -> Response:
    location = {"Location": f"{API_PREFIX}/admin/common-tasks/{document['_id']}"}
    return json_with_etag(represent_common_task(document), resource_etag(document["revision"]), 201, location)


def _answer_added(task: Document) -> Response:
    location = {"Location": f"{API_PREFIX}/tasks/{task['_id']}"}
    return json_with_etag(represent_task(task), resource_etag(task["revision"]), 201, location)


@router.get(
    "",
    operation_id="listCommonTasks",
    summary="List the common tasks",
    response_model=CommonTaskPage,
    responses=read_problems(304),
)
@cacheable(EtagKind.SHARED)
async def list_common_tasks(
    request: Request,
    caller: TaskReader,  # noqa: ARG001 - the caller is only admitted
    module: CommonTasksPart,
) -> Response:
    """Return all common tasks in their order; they are the same for everybody."""
    return await module.answer.respond(request.scope)


@router.post(
    "/{common_task_id}/add",
    operation_id="addCommonTask",
    summary="Add a common task to one's own",
    status_code=201,
    response_model=TaskOut,
    responses=write_problems(404, 409),
)
async def add_common_task(
    common_task_id: Id,
    caller: TaskWriter,
    module: CommonTasksPart,
    once: OnceHeader,
    body: Annotated[AddRequest | None, Body(openapi_examples={"to the inbox": {"value": {"list_id": None}}})] = None,
) -> Response:
    """Copy a common task behind one's own tasks; it is a task like any other from then on."""
    list_id = None if body is None else body.list_id
    return await once.answer(
        caller,
        _answer_added,
        lambda recorder: module.catalogue.add(caller.user_id, common_task_id, list_id, recorder),
    )


@admin_router.post(
    "",
    operation_id="createCommonTask",
    summary="Add a task to the common ones",
    status_code=201,
    response_model=CommonTaskOut,
    responses=write_problems(409),
)
async def create_common_task(
    request: Request, draft: CommonTaskDraft, caller: AdminCaller, module: CommonTasksPart, once: OnceHeader
) -> Response:
    """Add a common task behind the others."""
    actor = acting_user(request, caller)
    return await once.answer(
        caller,
        _answer_created,
        lambda recorder: module.editor.create(actor, draft, recorder),
        tell=module.catalogue.forget,
    )


@admin_router.get(
    "/{common_task_id}",
    operation_id="getCommonTask",
    summary="Read a common task",
    response_model=CommonTaskOut,
    responses=read_problems(304, 403, 404),
)
async def get_common_task(
    common_task_id: Id,
    request: Request,
    caller: AdminCaller,  # noqa: ARG001 - the caller is only admitted
    module: CommonTasksPart,
) -> Response:
    """Return a common task as it is now, with the ETag for changing it."""
    document = await module.catalogue.get(common_task_id)
    return conditional_json(request, represent_common_task(document), resource_etag(document["revision"]))


@admin_router.patch(
    "/{common_task_id}",
    operation_id="updateCommonTask",
    summary="Change a common task",
    response_model=CommonTaskOut,
    responses=write_problems(404, 412),
)
async def update_common_task(
    common_task_id: Id,
    request: Request,
    patch: CommonTaskPatch,
    caller: AdminCaller,
    *,
    module: CommonTasksPart,
    if_match: IfMatchHeader,
) -> Response:
    """Apply a JSON merge patch. A new `position` is any text between those of the new neighbours."""
    fields = patch.model_dump(exclude_unset=True)
    return _answer(await module.editor.update(acting_user(request, caller), common_task_id, fields, if_match))


@admin_router.delete(
    "/{common_task_id}",
    operation_id="deleteCommonTask",
    summary="Delete a common task",
    status_code=204,
    responses=write_problems(404, 412),
)
async def delete_common_task(
    common_task_id: Id,
    request: Request,
    caller: AdminCaller,
    *,
    module: CommonTasksPart,
    if_match: IfMatchHeader,
) -> Response:
    """Delete a common task; what people added to their own stays with them."""
    await module.editor.delete(acting_user(request, caller), common_task_id, if_match)
    return Response(status_code=204)
