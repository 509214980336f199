"""The routes of sessions: refresh, sign-out, and the list of devices."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app.api.limited_routes import limit_strictly
from app.api.openapi import problems, read_problems, write_problems
from app.api.pagination import CursorCodec, InvalidCursorError, next_page_link
from app.api.preconditions import content_etag, is_unchanged, json_with_etag, not_modified
from app.api.schemas import Id, parse_id, parse_instant
from app.api.scopes import require_session
from app.api.security import CurrentCaller, Security, SecurityPart
from app.api.strict_json import StrictJsonRoute
from app.auth.dependencies import AuthPart, UserAgent
from app.auth.module import AuthModule
from app.auth.representation import represent_session
from app.auth.schemas import PageParameters, RefreshTokenBody, SessionPage, TokenAnswer
from app.auth.session_answers import SessionRoute, answer_with_tokens
from app.auth.session_repository import SessionPlace
from app.auth.sessions import SessionReference
from app.core.clock import format_instant
from app.core.errors import UnauthenticatedError

router = APIRouter(prefix="/auth", tags=["auth"], route_class=SessionRoute)
devices_router = APIRouter(prefix="/me/sessions", tags=["me"], route_class=StrictJsonRoute)

OptionalToken = Annotated[
    RefreshTokenBody | None,
    Body(
        description="Only for callers that keep no cookies",
        openapi_examples={"a script": {"value": {"refresh_token": "AZjHom8AcACAAAAAAAAAAA..."}}},
    ),
]

# Signing out takes an access token where there is one, and a refresh token where it has expired.
_OPTIONAL_SIGN_IN: dict[str, Any] = {"security": [{"bearer": []}, {"cookie": []}, {}]}


def _read_refresh_token(request: Request, security: Security, body: RefreshTokenBody | None) -> str:
    """Return the token of the body, else of the cookie. Raises `UnauthenticatedError`."""
    if body is not None and body.refresh_token is not None:
        security.refuse_foreign_browser(request)
        return body.refresh_token
    token = request.cookies.get(security.cookies.refresh_name)
    if token is None:
        raise UnauthenticatedError("The request carries no refresh token.")
    security.refuse_cross_site(request)
    return token


async def _find_ending_session(
    request: Request, security: SecurityPart, module: AuthPart, body: OptionalToken = None
) -> SessionReference:
    """Return the session of the access token or, when that is missing or has expired, of the refresh token.

    Raises `SessionRequiredError` for a personal token, which ends no session.
    """
    try:
        caller = require_session(await security.authenticate(request))
    except UnauthenticatedError:
        return await module.sessions.identify(_read_refresh_token(request, security, body))
    return SessionReference(caller.user_id, caller.session_id)


EndingSession = Annotated[SessionReference, Depends(_find_ending_session)]


@router.post(
    "/refresh",
    operation_id="refreshSession",
    summary="Refresh the access token",
    response_model=TokenAnswer,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
@limit_strictly
async def refresh_session(
    request: Request, security: SecurityPart, module: AuthPart, user_agent: UserAgent, body: OptionalToken = None
) -> Response:
    """Trade the refresh token for its successor and a new access token.

    A token that comes back within 10 s of its rotation gets the same successor; later, its session ends.
    """
    tokens = await module.sessions.refresh(_read_refresh_token(request, security, body), user_agent)
    return answer_with_tokens(request, module.cookies, tokens)


@router.post(
    "/logout",
    operation_id="logOut",
    summary="Sign out here",
    status_code=204,
    response_class=Response,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=_OPTIONAL_SIGN_IN,
)
async def log_out(session: EndingSession, module: AuthPart) -> Response:
    """End this session; its access tokens stop working at once."""
    await module.sessions.end(session.user_id, session.session_id)
    return _signed_out(module)


@router.post(
    "/logout-all",
    operation_id="logOutEverywhere",
    summary="Sign out everywhere",
    status_code=204,
    response_class=Response,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=_OPTIONAL_SIGN_IN,
)
async def log_out_everywhere(session: EndingSession, module: AuthPart) -> Response:
    """End all sessions of the user; their access tokens stop working at once."""
    await module.sessions.end_all(session.user_id)
    return _signed_out(module)


def _signed_out(module: AuthModule) -> Response:
    response = Response(status_code=204)
    module.cookies.clear_tokens(response)
    return response


@devices_router.get(
    "",
    operation_id="listSessions",
    summary="List devices",
    response_model=SessionPage,
    responses=read_problems(304, 400),
)
async def list_sessions(
    request: Request, parameters: Annotated[PageParameters, Query()], caller: CurrentCaller, module: AuthPart
) -> Response:
    """Return one page of the user's sessions, the one used last first."""
    codec = CursorCodec(request, caller.user_id)
    place = None if parameters.cursor is None else _read_place(codec.decode(parameters.cursor))
    records, next_place = await module.sessions.get_page(caller.user_id, parameters.limit, place)
    next_cursor = None if next_place is None else codec.encode(_to_key(next_place))
    items = [represent_session(record, caller.session_id) for record in records]
    page = {"items": items, "next_cursor": next_cursor}
    etag = content_etag(page)
    if is_unchanged(request, etag):
        return not_modified(etag)
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@devices_router.delete(
    "/{session_id}",
    operation_id="endSession",
    summary="Sign a device out",
    status_code=204,
    response_class=Response,
    responses=write_problems(404),
)
async def end_session(session_id: Id, caller: CurrentCaller, module: AuthPart) -> Response:
    """End one of the user's sessions; its access tokens stop working at once."""
    await module.sessions.end(caller.user_id, session_id)
    return Response(status_code=204)


def _to_key(place: SessionPlace) -> list[Any]:
    return [format_instant(place.last_used_at), str(place.session_id)]


def _read_place(key: list[Any]) -> SessionPlace:
    try:
        last_used_at, session_id = key
        return SessionPlace(parse_instant(last_used_at), parse_id(session_id))
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None
