"""The routes by which a file comes into an account."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.paths import API_PREFIX
from app.api.problems import UnsupportedMediaTypeError
from app.api.schemas import Id
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute, UploadRoute
from app.data.database import Document
from app.tasks.dependencies import PortabilityPart
from app.tasks.import_body import IMPORT_BODY
from app.tasks.portability.formats import FORMATS
from app.tasks.portability.imports import ImportRequest, represent_import
from app.tasks.portability.schemas import FormatName, ImportOut
from app.tasks.schemas import ListName

router = APIRouter(prefix="/me", tags=["me"], route_class=StrictJsonRoute)
upload_router = APIRouter(prefix="/me", tags=["me"], route_class=UploadRoute)

# Clients ask this often how far an import is; a chunk takes about as long.
_POLL_SECONDS = 2

FileFormat = Annotated[FormatName, Query(alias="format", description="What the file is")]
DryRun = Annotated[bool, Query(description="Report what would come of it, and change nothing")]
DefaultListName = Annotated[
    ListName, Query(description="The list for tasks of a format that does not name it: that of `todoist`")
]


def _answer(document: Document, status: int, headers: dict[str, str]) -> Response:
    return Response(
        to_json(represent_import(document)), status, {"Cache-Control": "no-store", **headers}, "application/json"
    )


@upload_router.post(
    "/import",
    operation_id="importFile",
    summary="Import a file",
    response_model=ImportOut,
    responses={202: {"model": ImportOut, "description": "The import goes on"}, **write_problems(409)},
    openapi_extra={"requestBody": IMPORT_BODY},
)
async def import_file(
    request: Request,
    caller: TaskWriter,
    module: PortabilityPart,
    once: OnceHeader,
    *,
    file_format: FileFormat = "taskfleet",
    dry_run: DryRun = False,
    list_name: DefaultListName = "Todoist",
) -> Response:
    """Add what is in the file to the account, beside what is there.

    What is wrong with single tasks is listed in `errors`, and the others come in. An answer of 202 says that the
    import goes on; `Location` tells how far it is. With an `Idempotency-Key`, an import that was interrupted goes on
    when the same file is sent again.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    expected = FORMATS[file_format].media_type
    if media_type != expected:
        raise UnsupportedMediaTypeError(f"A file of this format must be sent as {expected}.")
    asked = ImportRequest(file_format, dry_run, list_name, caller.timezone)
    document, is_replay = await module.imports.begin(caller.user_id, asked, request.stream(), once.key)
    headers = {"Idempotency-Replayed": "true"} if is_replay else {}
    if document["state"] != "running":
        return _answer(document, 200, headers)
    location = f"{API_PREFIX}/me/imports/{document['_id']}"
    return _answer(document, 202, {"Location": location, "Retry-After": str(_POLL_SECONDS)})


@router.get(
    "/imports/{import_id}",
    operation_id="getImport",
    summary="Tell how far an import is",
    response_model=ImportOut,
    responses=read_problems(404),
)
async def get_import(import_id: Id, caller: TaskReader, module: PortabilityPart) -> Response:
    """Return an import of the last day: how far it is, and what came of it so far."""
    return _answer(await module.imports.read(caller.user_id, import_id), 200, {})
