"""The routes by which administrators manage users, and read the statistics and the audit."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic_core import from_json

from app.api.acting import acting_user
from app.api.openapi import read_problems, write_problems
from app.api.pagination import CursorCodec, InvalidCursorError, next_page_link
from app.api.preconditions import (
    IfMatchHeader,
    conditional_json,
    content_etag,
    is_unchanged,
    json_with_etag,
    not_modified,
)
from app.api.schemas import Id, parse_id
from app.api.security import AdminCaller
from app.api.strict_json import StrictJsonRoute
from app.auth.admin_representation import represent_details, represent_entry, represent_user
from app.auth.admin_schemas import (
    AdminStats,
    AuditPage,
    AuditParameters,
    ManagedUserPage,
    ManagedUserPatch,
    UserDetailsOut,
    UserListParameters,
)
from app.auth.dependencies import AuthPart
from app.auth.user_search import UserPlace, UserSearch
from app.data.audit import AuditQuery

router = APIRouter(prefix="/admin", tags=["admin"], route_class=StrictJsonRoute)

# As a patch names them, and as users have them.
_FIELDS = {"role": "role", "disabled": "is_disabled"}


def _answer_page(request: Request, items: list[dict[str, Any]], next_cursor: str | None) -> Response:
    page = {"items": items, "next_cursor": next_cursor}
    etag = content_etag(page)
    if is_unchanged(request, etag):
        return not_modified(etag)
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


def _read_id(key: list[Any]) -> UUID:
    try:
        (text,) = key
        return parse_id(text)
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None


def _read_place(search: UserSearch, key: list[Any]) -> UserPlace:
    if search.email_prefix is None:
        return UserPlace(user_id=_read_id(key))
    if len(key) != 1 or not isinstance(key[0], str):
        raise InvalidCursorError("The cursor is not one of ours.")
    return UserPlace(email=key[0])


@router.get(
    "/users",
    operation_id="listUsers",
    summary="List or find users",
    response_model=ManagedUserPage,
    responses=read_problems(304, 400, 403),
)
async def list_users(
    request: Request, parameters: Annotated[UserListParameters, Query()], admin: AdminCaller, module: AuthPart
) -> Response:
    """Return one page of users: the newest first, or by address those whose address begins with `q`."""
    codec, search = CursorCodec(request, admin.user_id), UserSearch.parse(parameters.q or "")
    place = None if parameters.cursor is None else _read_place(search, codec.decode(parameters.cursor))
    users, end = await module.administration.get_page(search, place, parameters.limit)
    next_cursor = None
    if end is not None:
        next_cursor = codec.encode([str(end.user_id) if search.email_prefix is None else end.email])
    return _answer_page(request, [represent_user(user) for user in users], next_cursor)


@router.get(
    "/users/{user_id}",
    operation_id="getUser",
    summary="Read a user",
    response_model=UserDetailsOut,
    responses=read_problems(304, 403, 404),
)
async def get_user(user_id: Id, request: Request, admin: AdminCaller, module: AuthPart) -> Response:  # noqa: ARG001
    """Return a user, with numbers. The ETag is made of all of it."""
    content = represent_details(await module.administration.get(user_id))
    return conditional_json(request, content, content_etag(content))


@router.patch(
    "/users/{user_id}",
    operation_id="updateUser",
    summary="Change a user's role, or disable a user",
    response_model=UserDetailsOut,
    responses=write_problems(404, 409, 412),
)
async def update_user(
    user_id: Id,
    patch: Annotated[
        ManagedUserPatch,
        Body(
            openapi_examples={
                "make an administrator": {"value": {"role": "admin"}},
                "disable": {"value": {"disabled": True}},
            }
        ),
    ],
    *,
    request: Request,
    admin: AdminCaller,
    module: AuthPart,
    if_match: IfMatchHeader,
) -> Response:
    """Apply a JSON merge patch. Access tokens of the user end at once; being disabled ends the sessions as well."""
    fields = {_FIELDS[name]: value for name, value in patch.model_dump(exclude_unset=True).items()}
    details = await module.administration.change(acting_user(request, admin), user_id, fields, if_match)
    content = represent_details(details)
    return json_with_etag(content, content_etag(content))


@router.post(
    "/users/{user_id}/logout-all",
    operation_id="endSessionsOfUser",
    summary="Sign a user out everywhere",
    status_code=204,
    response_class=Response,
    responses=write_problems(404),
)
async def end_sessions_of_user(user_id: Id, request: Request, admin: AdminCaller, module: AuthPart) -> Response:
    """End all sessions of a user; their access tokens stop working at once."""
    await module.administration.end_sessions(acting_user(request, admin), user_id)
    return Response(status_code=204)


@router.get(
    "/stats",
    operation_id="getAdminStats",
    summary="Read statistics of the installation",
    response_model=AdminStats,
    responses=read_problems(304, 403),
)
async def get_stats(request: Request, admin: AdminCaller, module: AuthPart) -> Response:  # noqa: ARG001
    """Return counts of users, sessions and tasks, up to a minute old."""
    content = from_json(await module.statistics.get())
    return conditional_json(request, content, content_etag(content))


@router.get(
    "/audit",
    operation_id="listAudit",
    summary="Read what administrators did",
    response_model=AuditPage,
    responses=read_problems(304, 400, 403),
)
async def list_audit(
    request: Request, parameters: Annotated[AuditParameters, Query()], admin: AdminCaller, module: AuthPart
) -> Response:
    """Return one page of the audit, the newest entry first."""
    codec = CursorCodec(request, admin.user_id)
    before_id = None if parameters.cursor is None else _read_id(codec.decode(parameters.cursor))
    query = AuditQuery(parameters.action, parameters.actor_id, parameters.subject_id)
    entries = await module.audit.find_page(query, before_id, parameters.limit + 1)
    kept = entries[: parameters.limit]
    next_cursor = codec.encode([str(kept[-1]["_id"])]) if len(entries) > parameters.limit else None
    return _answer_page(request, [represent_entry(entry) for entry in kept], next_cursor)
