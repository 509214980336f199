"""The routes of the calendar feed: having one, and reading it without signing in."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.api.cacheable import EtagKind, cacheable
from app.api.idempotency import NoOnceHeader
from app.api.openapi import problems, read_problems, write_problems
from app.api.preconditions import IfMatchHeader, conditional_json, is_unchanged
from app.api.schemas import Instant
from app.api.security import CurrentCaller
from app.api.strict_json import StrictJsonRoute
from app.tasks.calendar_service import feed_etag, represent_feed
from app.tasks.dependencies import CalendarPart

router = APIRouter(prefix="/me/calendar-feed", tags=["me"], route_class=StrictJsonRoute)
# At the root: the secret stands in the path, because calendar services send nothing else.
feed_router = APIRouter(prefix="/calendar", tags=["me"])

_MEDIA_TYPE = "text/calendar; charset=utf-8"


class NewCalendarFeed(BaseModel):
    """A feed that was just made."""

    url: Annotated[
        str,
        Field(
            description="Holds the secret; it is shown this once",
            examples=["https://tasks.example/calendar/AZjHom8AcACAAAAAAAAAAA....ics"],
        ),
    ]


class CalendarFeedOut(BaseModel):
    """What is told of a feed later."""

    created_at: Instant


@router.post(
    "",
    operation_id="renewCalendarFeed",
    summary="Make a calendar feed",
    status_code=201,
    responses=write_problems(),
)
async def renew_calendar_feed(
    response: Response, caller: CurrentCaller, calendar: CalendarPart, _: NoOnceHeader
) -> NewCalendarFeed:
    """Make the address of one's own calendar feed; an older address leads nowhere from then on.

    Whoever knows the address reads the tasks without signing in. The answer is not kept, hence no `Idempotency-Key`
    is taken: if it got lost, make another address.
    """
    response.headers["Cache-Control"] = "no-store"
    return NewCalendarFeed(url=await calendar.renew(caller.user_id))


@router.get(
    "",
    operation_id="getCalendarFeed",
    summary="Read whether there is a calendar feed",
    response_model=CalendarFeedOut,
    responses=read_problems(304, 404),
)
@cacheable(EtagKind.ANSWER)
async def get_calendar_feed(request: Request, caller: CurrentCaller, calendar: CalendarPart) -> Response:
    """Tell since when there is a calendar feed; its address is never shown again."""
    feed = await calendar.get(caller.user_id)
    return conditional_json(request, represent_feed(feed), feed_etag(feed))


@router.delete(
    "",
    operation_id="revokeCalendarFeed",
    summary="Revoke the calendar feed",
    status_code=204,
    responses=write_problems(404, 412),
)
async def revoke_calendar_feed(caller: CurrentCaller, calendar: CalendarPart, if_match: IfMatchHeader) -> Response:
    """End the calendar feed: its address leads nowhere from then on."""
    await calendar.revoke(caller.user_id, if_match)
    return Response(status_code=204)


@feed_router.get(
    "/{secret}.ics",
    operation_id="readCalendar",
    summary="Read a calendar",
    response_class=Response,
    responses={
        200: {
            "description": "The open tasks with a due date, as iCalendar (RFC 5545)",
            "content": {"text/calendar": {"schema": {"type": "string"}}},
        },
        **problems(304, 404, 422, 503),
    },
)
async def read_calendar(secret: str, request: Request, calendar: CalendarPart) -> Response:
    """Return the open tasks of the user whose feed this is, an event for each that has a due date.

    The secret in the path is all that is asked for.
    """
    feed = await calendar.open(secret)
    headers = {"ETag": feed.etag, "Cache-Control": "private, no-cache"}
    if is_unchanged(request, feed.etag):
        return Response(status_code=304, headers=headers)
    disposition = {"Content-Disposition": 'inline; filename="taskfleet.ics"'}
    return Response(await calendar.write(feed), headers=headers | disposition, media_type=_MEDIA_TYPE)
