"""The routes by which administrators see what could not be told, and have it tried again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.api.acting import acting_user
from app.api.openapi import read_problems, write_problems
from app.api.pagination import CursorCodec, InvalidCursorError, next_page_link
from app.api.preconditions import content_etag, is_unchanged, json_with_etag, not_modified
from app.api.schemas import Id, parse_id, parse_instant
from app.api.security import AdminCaller
from app.api.strict_json import StrictJsonRoute
from app.core.clock import format_instant
from app.notifications.dependencies import NotificationsPart
from app.notifications.outbox_repository import DeadEntry, DeadPlace
from app.notifications.outbox_schemas import OutboxPage, OutboxParameters

router = APIRouter(prefix="/admin/outbox", tags=["admin"], route_class=StrictJsonRoute)


def _represent(entry: DeadEntry) -> dict[str, Any]:
    return {
        "id": str(entry.entry_id),
        "user_id": str(entry.user_id),
        "kind": entry.kind,
        "channel": entry.channel,
        "at": format_instant(entry.at),
        "attempts": entry.attempts,
        "died_at": format_instant(entry.died_at),
        "last_error": entry.last_error,
    }


def _read_place(key: list[Any]) -> DeadPlace:
    try:
        died_at, entry_id = key
        return DeadPlace(parse_instant(died_at), parse_id(entry_id))
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None


@router.get(
    "",
    operation_id="listOutbox",
    summary="List what users could not be told",
    response_model=OutboxPage,
    responses=read_problems(304, 400, 403),
)
async def list_outbox(
    request: Request, parameters: Annotated[OutboxParameters, Query()], admin: AdminCaller, module: NotificationsPart
) -> Response:
    """Return one page of what was given up, the last first; it tells nothing of what users wrote."""
    codec = CursorCodec(request, admin.user_id)
    place = None if parameters.cursor is None else _read_place(codec.decode(parameters.cursor))
    entries, end = await module.outbox.get_page(place, parameters.limit)
    next_cursor = None if end is None else codec.encode([format_instant(end.died_at), str(end.entry_id)])
    page = {"items": [_represent(entry) for entry in entries], "next_cursor": next_cursor}
    etag = content_etag(page)
    if is_unchanged(request, etag):
        return not_modified(etag)
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@router.post(
    "/{entry_id}/retry",
    operation_id="retryOutboxEntry",
    summary="Try again what a user could not be told",
    status_code=204,
    response_class=Response,
    responses=write_problems(404),
)
async def retry_outbox_entry(
    entry_id: Id, request: Request, admin: AdminCaller, module: NotificationsPart
) -> Response:
    """Have it tried again at once, as if for the first time; one that fails once more is given up as before."""
    await module.outbox.retry(acting_user(request, admin), entry_id)
    return Response(status_code=204)
