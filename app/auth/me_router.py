"""The routes of the signed-in user: reading and changing the profile, erasing the account."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from app.api.cacheable import EtagKind, cacheable
from app.api.openapi import read_problems, write_problems
from app.api.preconditions import (
    IfMatchHeader,
    conditional_json,
    is_unchanged,
    json_with_etag,
    not_modified,
    profile_etag,
)
from app.api.security import CurrentCaller, TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.auth.dependencies import AuthPart
from app.auth.representation import represent_profile
from app.auth.schemas import ErasureAnswer, ProfileOut, ProfilePatch

router = APIRouter(prefix="/me", tags=["me"], route_class=StrictJsonRoute)


@router.get(
    "",
    operation_id="getProfile",
    summary="Read one's own profile",
    response_model=ProfileOut,
    responses=read_problems(304),
)
@cacheable(EtagKind.PROFILE)
async def get_profile(request: Request, caller: TaskReader, module: AuthPart) -> Response:
    """Return the signed-in user. The ETag has the revision, which every change of the user's counts up."""
    known = profile_etag(caller.user_id, caller.revision)
    if is_unchanged(request, known):
        return not_modified(known)
    user = await module.profiles.read(caller.user_id)
    return conditional_json(request, represent_profile(user), profile_etag(user.user_id, user.revision))


@router.patch(
    "",
    operation_id="updateProfile",
    summary="Change one's own profile",
    response_model=ProfileOut,
    responses=write_problems(412),
)
async def update_profile(
    patch: Annotated[
        ProfilePatch,
        Body(
            openapi_examples={
                "another time zone": {"value": {"timezone": "Europe/Paris"}},
                "one setting": {"value": {"settings": {"theme": "dark"}}},
            }
        ),
    ],
    caller: TaskWriter,
    module: AuthPart,
    if_match: IfMatchHeader,
) -> Response:
    """Apply a JSON merge patch (RFC 7396); `settings` are merged at every level."""
    fields = patch.model_dump(exclude_unset=True)
    user = await module.profiles.change(caller.user_id, fields, if_match)
    return json_with_etag(represent_profile(user), profile_etag(user.user_id, user.revision))


@router.delete(
    "",
    operation_id="eraseAccount",
    summary="Erase the account",
    status_code=202,
    responses=write_problems(409, 412),
)
async def erase_account(
    response: Response, caller: CurrentCaller, module: AuthPart, if_match: IfMatchHeader
) -> ErasureAnswer:
    """Erase the account and everything in it. All sessions end at once; the same sign-in makes a new account."""
    await module.erasure.begin(caller.user_id, if_match)
    module.cookies.clear_tokens(response)
    return ErasureAnswer()
