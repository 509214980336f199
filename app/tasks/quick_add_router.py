"""The route of quick add."""

from fastapi import APIRouter, Response
from pydantic_core import to_json

from app.api.idempotency import OnceHeader
from app.api.openapi import write_problems
from app.api.paths import API_PREFIX
from app.api.preconditions import json_with_etag, resource_etag
from app.api.security import TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.tasks.dependencies import TasksPart
from app.tasks.quick_add_schemas import QuickAddAnswer, QuickAddPreview, QuickAddRequest
from app.tasks.quick_add_service import QuickAdded, QuickPreview
from app.tasks.representation import represent_task

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=StrictJsonRoute)


def _answer_added(added: QuickAdded) -> Response:
    answer = {"task": represent_task(added.task), "understood": added.understood}
    location = {"Location": f"{API_PREFIX}/tasks/{added.task['_id']}"}
    return json_with_etag(answer, resource_etag(added.task["revision"]), 201, location)


def _answer_preview(preview: QuickPreview) -> Response:
    answer = {"task": preview.draft.model_dump(mode="json"), "understood": preview.understood}
    return Response(to_json(answer), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post(
    "/quick",
    operation_id="quickAddTask",
    summary="Add a task by a line of text",
    status_code=201,
    response_model=QuickAddAnswer,
    responses={200: {"model": QuickAddPreview, "description": "What the task would be"}, **write_problems(409)},
)
async def quick_add_task(
    request: QuickAddRequest, caller: TaskWriter, module: TasksPart, once: OnceHeader
) -> Response:
    """Understand dates, times, labels, priority, list and recurrence in a line of English, and add the task.

    `understood` tells which parts of the text became what; the rest is the title. With `preview` nothing is written,
    and the answer (200) has the fields that the task would have.
    """
    if request.preview:
        return await once.answer(
            caller, _answer_preview, lambda _: module.quick_add.preview(caller.user_id, request.text, caller.timezone)
        )
    return await once.answer(
        caller, _answer_added, lambda recorder: module.quick_add.add(caller.user_id, request.text, recorder)
    )
