"""The routes of signing in: through a provider or, in the local profile, as whoever one says."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.api.limited_routes import limit_strictly
from app.api.openapi import problems
from app.api.preconditions import conditional_json, content_etag
from app.api.security import SecurityPart
from app.api.strict_json import StrictJsonRoute
from app.auth.dependencies import AuthPart, UserAgent
from app.auth.oidc.login_state import COOKIE_PREFIX, LOGIN_LIFETIME, login_cookie_name
from app.auth.oidc.logins import Callback
from app.auth.schemas import CallbackParameters, DevLogin, LocalPath, ProviderList, TokenAnswer
from app.auth.session_answers import answer_with_tokens
from app.auth.sign_in import ProvenIdentity
from app.core.errors import NotFoundError

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictJsonRoute)
dev_router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictJsonRoute)
# Answers 404 whatever is sent to it.
no_dev_router = APIRouter(prefix="/auth")

DEV_PROVIDER = "dev"
_DEV_TITLE = "Development sign-in"

# More logins than anybody has going on side by side; their cookies must not outgrow a request's headers.
_MAX_LOGINS = 8


@router.get(
    "/providers",
    operation_id="listProviders",
    summary="List ways to sign in",
    response_model=ProviderList,
    responses=problems(304),
)
async def list_providers(request: Request, security: SecurityPart, module: AuthPart) -> Response:
    """Return the configured providers; each begins at `/auth/{name}/login`."""
    titles = {**module.logins.titles, **({DEV_PROVIDER: _DEV_TITLE} if security.is_local else {})}
    content = {"items": [{"name": name, "title": title} for name, title in titles.items()]}
    return conditional_json(request, content, content_etag(content))


@dev_router.post(
    "/dev/login",
    operation_id="devLogin",
    summary="Sign in for development",
    response_model=TokenAnswer,
    responses=problems(400, 403, 409, 413, 415, 422, 503),
)
@limit_strictly
async def dev_login(
    request: Request,
    login: Annotated[DevLogin, Body(openapi_examples={"Ada": {"value": {"email": "ada@example.org"}}})],
    security: SecurityPart,
    module: AuthPart,
    user_agent: UserAgent,
) -> Response:
    """Sign in as anybody, without any proof. Exists in the local profile only."""
    security.refuse_foreign_browser(request)
    user = await module.sign_in.sign_in(ProvenIdentity(DEV_PROVIDER, login.email, login.email, login.name))
    tokens = await module.sessions.start(user.user_id, user.role, user_agent)
    return answer_with_tokens(request, module.cookies, tokens)


@no_dev_router.post("/dev/login", include_in_schema=False)
@limit_strictly
async def refuse_dev_login() -> Response:
    """Outside the local profile; the path alone is known from the providers, whose answer would be 405."""
    raise NotFoundError


@router.get(
    "/{provider}/login",
    operation_id="beginLogin",
    summary="Begin to sign in through a provider",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(404, 422, 502, 503),
)
@limit_strictly
async def begin_login(
    provider: str,
    request: Request,
    module: AuthPart,
    next_path: Annotated[LocalPath, Query(alias="next")] = "/",
) -> Response:
    """Redirect the browser to the provider (OpenID Connect, authorisation code with PKCE)."""
    login = await module.logins.begin(provider, next_path)
    response = _redirect(login.url)
    _forget_surplus_logins(request, response, module)
    module.cookies.set(response, login.cookie_name, login.cookie, LOGIN_LIFETIME)
    return response


@router.get(
    "/{provider}/callback",
    operation_id="finishLogin",
    summary="Finish signing in through a provider",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(400, 403, 404, 409, 422, 502, 503),
)
@limit_strictly
async def finish_login(
    provider: str,
    request: Request,
    parameters: Annotated[CallbackParameters, Query()],
    module: AuthPart,
    user_agent: UserAgent,
) -> Response:
    """Where the provider sends the browser: set its cookies and redirect to where the login was begun for."""
    state = parameters.state
    cookie = request.cookies.get(module.cookies.full_name(login_cookie_name(state)))
    login = await module.logins.finish(provider, Callback(state, cookie, parameters.code, parameters.error))
    user = await module.sign_in.sign_in(login.identity)
    tokens = await module.sessions.start(user.user_id, user.role, user_agent)
    response = _redirect(login.next_path)
    module.cookies.set_tokens(response, tokens.access_token, tokens.refresh_token)
    module.cookies.clear(response, login.cookie_name)
    return response


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})


def _forget_surplus_logins(request: Request, response: Response, module: AuthPart) -> None:
    prefix = module.cookies.full_name(COOKIE_PREFIX)
    names = [name for name in request.cookies if name.startswith(prefix)]
    for name in names[: max(0, len(names) - _MAX_LOGINS + 1)]:
        module.cookies.clear(response, COOKIE_PREFIX + name.removeprefix(prefix))
