"""The routes of notices: what the user was told within the app."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic_core import to_json

from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.pagination import CursorCodec, InvalidCursorError, next_page_link
from app.api.preconditions import is_unchanged, json_with_etag, list_etag, not_modified
from app.api.schemas import parse_id, parse_instant
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.core.clock import format_instant
from app.notifications.dependencies import NotificationsPart
from app.notifications.notice_repository import NoticePlace
from app.notifications.representation import represent_notice
from app.notifications.schemas import NoticePage, NoticeParameters, ReadAnswer, ReadRequest

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=StrictJsonRoute)


@router.get(
    "",
    operation_id="listNotifications",
    summary="List notifications",
    response_model=NoticePage,
    responses=read_problems(304, 400),
)
@cacheable(EtagKind.QUERY)
async def list_notifications(
    request: Request, parameters: Annotated[NoticeParameters, Query()], caller: TaskReader, module: NotificationsPart
) -> Response:
    """Return one page of what the user was told, the newest first. Each is kept for 90 days.

    A new one counts the user's revision up, so that `/events` tells of it.
    """
    etag, codec = list_etag(request, caller), CursorCodec(request, caller.user_id)
    after = None if parameters.cursor is None else _read_place(codec.decode(parameters.cursor))
    if is_unchanged(request, etag):
        return not_modified(etag)
    notices, place = await module.notices.get_page(
        caller.user_id, parameters.limit, after, is_unread_only=parameters.unread == "true"
    )
    next_cursor = None if place is None else codec.encode([format_instant(place.created_at), str(place.notice_id)])
    page = {
        "items": [represent_notice(notice) for notice in notices],
        "next_cursor": next_cursor,
        "unread_count": await module.notices.count_unread(caller.user_id),
    }
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@router.post(
    "/read",
    operation_id="readNotifications",
    summary="Mark notifications as read",
    response_model=ReadAnswer,
    responses=write_problems(409),
)
async def read_notifications(
    which: Annotated[
        ReadRequest,
        Body(
            openapi_examples={
                "some": {"value": {"ids": ["0198c7a2-6f00-8000-8000-000000000000"]}},
                "all": {"value": {"all": True}},
            }
        ),
    ],
    caller: TaskWriter,
    module: NotificationsPart,
    once: OnceHeader,
) -> Response:
    """Mark the named ones as read, or all. What is read already, or gone, is passed over."""
    return await once.answer(
        caller, _answer_count, lambda _recorder: module.notices.mark_read(caller.user_id, which.ids)
    )


def _answer_count(unread_count: int) -> Response:
    return Response(to_json({"unread_count": unread_count}), media_type="application/json")


def _read_place(key: list[Any]) -> NoticePlace:
    try:
        created_at, notice_id = key
        return NoticePlace(parse_instant(created_at), parse_id(notice_id))
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None
