"""All routes of the auth feature, the literal paths ahead of those with a parameter."""

from fastapi import APIRouter, Response

from app.auth import admin_router, me_router, session_router, sign_in_router, token_router
from app.auth.dependencies import AuthPart
from app.auth.schemas import JsonWebKeySet
from app.core.key_sets import KEY_SET_PATH

# Half of the ten minutes for which a new key is published before it signs (docs/operations.md).
_KEYS_MAX_AGE_SECONDS = 300

well_known_router = APIRouter(tags=["auth"])


@well_known_router.get(
    KEY_SET_PATH,
    operation_id="getPublicKeys",
    summary="Public keys of the access tokens",
)
async def get_public_keys(response: Response, module: AuthPart) -> JsonWebKeySet:
    """Return the keys that verify access tokens (RFC 7517)."""
    response.headers["Cache-Control"] = f"public, max-age={_KEYS_MAX_AGE_SECONDS}"
    return JsonWebKeySet(keys=[dict(jwk) for jwk in module.public_jwks])


def build_routers(*, is_local: bool) -> tuple[APIRouter, ...]:
    """Return the routers to mount under the API's prefix."""
    return (
        session_router.router,
        sign_in_router.dev_router if is_local else sign_in_router.no_dev_router,
        sign_in_router.router,
        session_router.devices_router,
        token_router.router,
        me_router.router,
        admin_router.router,
    )
