"""The route by which everything of an account leaves it."""

import zoneinfo
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from app.api.openapi import read_problems
from app.api.security import TaskReader
from app.api.streamed_answer import StreamedAnswer
from app.api.strict_json import StrictJsonRoute
from app.tasks.dependencies import PortabilityPart

router = APIRouter(prefix="/me", tags=["me"], route_class=StrictJsonRoute)

ExportFormat = Annotated[
    Literal["taskfleet", "csv"],
    Query(alias="format", description="`taskfleet`: everything, as JSON; `csv`: the tasks, for spreadsheets"),
]


@router.get(
    "/export",
    operation_id="exportAccount",
    summary="Export everything",
    response_class=Response,
    responses={
        200: {
            "description": "A file; the trash is not in it",
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"format": "taskfleet", "version": 1, "profile": {}, "lists": [], "tasks": []},
                },
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        **read_problems(),
    },
)
async def export_account(
    caller: TaskReader, module: PortabilityPart, export_format: ExportFormat = "taskfleet"
) -> Response:
    """Return profile, lists and tasks as they are at one point in time, as a file.

    The answer is made while it is sent. If it breaks off, as it does when it takes longer than five minutes, the file
    is incomplete, and its JSON does not end.
    """
    today = module.clock.now().astimezone(zoneinfo.ZoneInfo(caller.timezone)).date()
    if export_format == "csv":
        pieces, media_type, ending = module.exporter.to_csv(caller.user_id), "text/csv; charset=utf-8", "csv"
    else:
        pieces, media_type, ending = module.exporter.to_json(caller.user_id), "application/json", "json"
    name = {"Content-Disposition": f'attachment; filename="taskfleet-{today.isoformat()}.{ending}"'}
    return StreamedAnswer(pieces, media_type, name)
