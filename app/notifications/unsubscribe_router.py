"""The routes behind the links of mails, which nobody signs in for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from app.api.limited_routes import exempt_from_limits
from app.api.openapi import problems
from app.api.strict_json import UploadRoute
from app.notifications.dependencies import NotificationsPart
from app.notifications.kinds import Kind
from app.notifications.mail.unsubscribe_token import page_path
from app.notifications.unsubscribe_body import UNSUBSCRIBE_BODY, TokenText, read_unsubscribe_token

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=UploadRoute)

QueryToken = Annotated[TokenText, Query(description="The token of a link in a mail")]


class Unsubscribed(BaseModel):
    """What does not come any more."""

    kind: Annotated[Kind, Field(description="Mails of this kind are turned off", examples=["reminder"])]


@router.post(
    "/unsubscribe",
    operation_id="unsubscribe",
    summary="Stop mails by a link in one",
    responses=problems(400, 404, 413, 415, 422, 503),
    openapi_extra={"requestBody": UNSUBSCRIBE_BODY},
)
@exempt_from_limits(
    "mail programs of a large receiver send it from few addresses; a request is short, a token unguessable"
)
async def unsubscribe(
    request: Request, response: Response, module: NotificationsPart, token: QueryToken | None = None
) -> Unsubscribed:
    """Turn off mails of the kind in which the link stood. The token is all that is asked for; it stays valid.

    Programs send the form of RFC 8058 to the address in `List-Unsubscribe`, pages the token as JSON.
    """
    text = read_unsubscribe_token(request.headers.get("content-type", ""), await request.body(), token)
    kind = await module.unsubscribing.unsubscribe(text)
    response.headers["Cache-Control"] = "no-store"
    return Unsubscribed(kind=kind)


@router.get(
    "/unsubscribe",
    operation_id="askToUnsubscribe",
    summary="Ask whether mails are to stop",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(422),
)
async def ask_to_unsubscribe(token: QueryToken) -> Response:
    """Lead a browser, which knows no one-click, to the page that asks first; this changes nothing."""
    return RedirectResponse(page_path(token), 303, {"Cache-Control": "no-store"})
