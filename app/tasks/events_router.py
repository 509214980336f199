"""The route of live updates."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from app.api.event_stream import EventStreams
from app.api.openapi import read_problems
from app.api.security import TaskReader
from app.api.strict_json import StrictJsonRoute

router = APIRouter(route_class=StrictJsonRoute)

LastEventIdHeader = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The `id` of the last event that the client has seen"),
]


@router.get(
    "/events",
    tags=["sync"],
    operation_id="streamEvents",
    summary="Hear of changes as they happen",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events of type `revision`",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: revision\ndata: {"revision": 42}\nid: 42\n\n',
                }
            },
        },
        **read_problems(429),
    },
)
async def stream_events(request: Request, caller: TaskReader, last_event_id: LastEventIdHeader = None) -> Response:
    """Send the current revision, unless it is the one in `Last-Event-ID`, and then each new one as it is made.

    Only the newest revision counts: a client that is slow, or was away, is told the latest and syncs from where it
    stands. A comment at least every 15 seconds shows that the stream lives.
    """
    streams: EventStreams = request.app.state.events
    return streams.answer(caller, last_event_id)
