"""The routes of personal tokens, for signed-in sessions alone."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic_core import to_json

from app.api.idempotency import NoOnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.pagination import CursorCodec, InvalidCursorError, next_page_link
from app.api.preconditions import content_etag, is_unchanged, json_with_etag, not_modified
from app.api.schemas import Id, parse_id
from app.api.security import CurrentCaller
from app.api.strict_json import StrictJsonRoute
from app.auth.dependencies import AuthPart
from app.auth.representation import represent_token
from app.auth.schemas import PageParameters
from app.auth.token_schemas import MadeTokenOut, TokenDraft, TokenPage

router = APIRouter(prefix="/me/tokens", tags=["me"], route_class=StrictJsonRoute)


@router.post(
    "",
    operation_id="makeToken",
    summary="Make a personal token",
    status_code=201,
    response_model=MadeTokenOut,
    responses=write_problems(409),
)
async def make_token(
    draft: Annotated[
        TokenDraft,
        Body(
            openapi_examples={
                "for a year": {
                    "value": {
                        "name": "Backup script",
                        "scopes": ["tasks:read"],
                        "expires_at": "2027-12-01T00:00:00Z",
                    }
                },
                "until it is revoked": {"value": {"name": "Shell", "scopes": ["tasks:read", "tasks:write"]}},
            }
        ),
    ],
    caller: CurrentCaller,
    module: AuthPart,
    _: NoOnceHeader,
) -> Response:
    """Make a token for programs, to be sent as a bearer token. Its `secret` is shown this once.

    The answer is not kept, hence no `Idempotency-Key` is taken: if it got lost, revoke the token and make another.
    """
    made = await module.tokens.make(caller, draft.name, draft.scopes, draft.expires_at)
    content = to_json({**represent_token(made.record), "secret": made.secret})
    return Response(content, 201, {"Cache-Control": "no-store"}, media_type="application/json")


@router.get(
    "",
    operation_id="listTokens",
    summary="List personal tokens",
    response_model=TokenPage,
    responses=read_problems(304, 400),
)
async def list_tokens(
    request: Request, parameters: Annotated[PageParameters, Query()], caller: CurrentCaller, module: AuthPart
) -> Response:
    """Return one page of the user's tokens, the newest first; those that expired within the last 30 days as well."""
    codec = CursorCodec(request, caller.user_id)
    after = None if parameters.cursor is None else _read_place(codec.decode(parameters.cursor))
    records, last_id = await module.tokens.get_page(caller.user_id, parameters.limit, after)
    next_cursor = None if last_id is None else codec.encode([str(last_id)])
    page = {"items": [represent_token(record) for record in records], "next_cursor": next_cursor}
    etag = content_etag(page)
    if is_unchanged(request, etag):
        return not_modified(etag)
    return json_with_etag(page, etag, headers=next_page_link(request, next_cursor))


@router.delete(
    "/{token_id}",
    operation_id="revokeToken",
    summary="Revoke a personal token",
    status_code=204,
    response_class=Response,
    responses=write_problems(404),
)
async def revoke_token(token_id: Id, caller: CurrentCaller, module: AuthPart) -> Response:
    """End one of the user's tokens; it stops working at once, everywhere."""
    await module.tokens.revoke(caller.user_id, token_id)
    return Response(status_code=204)


def _read_place(key: list[Any]) -> UUID:
    try:
        (token_id,) = key
        return parse_id(token_id)
    except (TypeError, ValueError):
        raise InvalidCursorError("The cursor is not one of ours.") from None
