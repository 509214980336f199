"""The routes of lists."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.pagination import (
    DEFAULT_PAGE_SIZE,
    CursorCodec,
    CursorText,
    InvalidCursorError,
    Limit,
    next_page_link,
)
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
from app.api.schemas import Id, parse_id
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.data.database import Document
from app.tasks.dependencies import TasksPart
from app.tasks.representation import represent_list
from app.tasks.schemas import ListDraft, ListOut, ListPage, ListPatch

router = APIRouter(prefix="/lists", tags=["lists"], route_class=StrictJsonRoute)


class PageParameters(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = DEFAULT_PAGE_SIZE
    cursor: CursorText | None = None


def _answer(document: Document) -> Response:
    return json_with_etag(represent_list(document), resource_etag(document["revision"]))


def _answer_created(document: Document) -> Response:
    location = {"Location": f"{API_PREFIX}/lists/{document['_id']}"}
    return json_with_etag(represent_list(document), resource_etag(document["revision"]), 201, location)


def _read_place(key: list[Any]) -> tuple[str, UUID]:
    try:
        position, list_id = key
        if not isinstance(position, str):
            raise TypeError
        return position, parse_id(list_id)
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None


@router.post(
    "",
    operation_id="createList",
    summary="Add a list",
    status_code=201,
    response_model=ListOut,
    responses=write_problems(409),
)
async def create_list(draft: ListDraft, caller: TaskWriter, module: TasksPart, once: OnceHeader) -> Response:
    """Add a list behind the others."""
    return await once.answer(
        caller, _answer_created, lambda recorder: module.lists.create(caller.user_id, draft, recorder)
    )


@router.get(
    "",
    operation_id="listLists",
    summary="List lists",
    response_model=ListPage,
    responses=read_problems(304, 400),
)
@cacheable(EtagKind.QUERY)
async def list_lists(
    request: Request, parameters: Annotated[PageParameters, Query()], caller: TaskReader, module: TasksPart
) -> Response:
    """Return one page of the lists, archived ones included, in their order."""
    etag, codec = list_etag(request, caller), CursorCodec(request, caller.user_id)
    place = None if parameters.cursor is None else _read_place(codec.decode(parameters.cursor))
    if is_unchanged(request, etag):
        return not_modified(etag)
    lists, next_place = await module.lists.get_page(caller.user_id, place, parameters.limit)
    next_cursor = None if next_place is None else codec.encode([next_place[0], str(next_place[1])])
    page = {"items": [represent_list(document) for document in lists], "next_cursor": next_cursor}
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@router.get(
    "/{list_id}",
    operation_id="getList",
    summary="Read a list",
    response_model=ListOut,
    responses=read_problems(304, 404),
)
@cacheable(EtagKind.ANSWER)
async def get_list(list_id: Id, request: Request, caller: TaskReader, module: TasksPart) -> Response:
    """Return a list."""
    document = await module.lists.get(caller.user_id, list_id)
    return conditional_json(request, represent_list(document), resource_etag(document["revision"]))


@router.patch(
    "/{list_id}",
    operation_id="updateList",
    summary="Change a list",
    response_model=ListOut,
    responses=write_problems(404, 412),
)
async def update_list(
    list_id: Id, patch: ListPatch, caller: TaskWriter, module: TasksPart, if_match: IfMatchHeader
) -> Response:
    """Apply a JSON merge patch. A new `position` is any text between those of the new neighbours."""
    fields = patch.model_dump(exclude_unset=True)
    return _answer(await module.lists.update(caller.user_id, list_id, fields, if_match))


@router.delete(
    "/{list_id}",
    operation_id="deleteList",
    summary="Delete a list",
    status_code=204,
    responses=write_problems(404, 412),
)
async def delete_list(list_id: Id, caller: TaskWriter, module: TasksPart, if_match: IfMatchHeader) -> Response:
    """Delete a list and move its tasks to the trash."""
    await module.lists.delete(caller.user_id, list_id, if_match)
    return Response(status_code=204)
