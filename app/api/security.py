"""Who is calling: bearer or cookie, checked against the live account, with protection against forged requests."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from app.api.cookies import SessionCookies
from app.api.credentials import CredentialReader
from app.api.known_account import KnownAccounts, find_view
from app.api.personal_tokens import PersonalTokens, RefusedTokenError
from app.api.scopes import require_scope, require_session
from app.cache.store import cached_session
from app.core.access_tokens import AccessClaims
from app.core.errors import ForbiddenError, UnauthenticatedError
from app.core.identity import Caller, Role, TokenGrant, TokenScope
from app.core.personal_tokens import PersonalToken, TokenClaims
from app.data.accounts import Account, Accounts

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteRequestError(ForbiddenError):
    """A browser sent its cookies with a request that did not start on our own pages."""

    slug = "cross-site-request"
    title = "Cross-site request refused"


@dataclass(frozen=True, slots=True)
class Security:
    """Authenticates requests; built once, found by the dependencies on `app.state.security`."""

    credentials: CredentialReader
    accounts: Accounts
    known_accounts: KnownAccounts
    tokens: PersonalTokens
    cookies: SessionCookies
    public_url: str
    is_local: bool

    async def authenticate(self, request: Request) -> Caller:
        """Return who is calling. Raises `UnauthenticatedError`, or `CrossSiteRequestError` for a forgery."""
        credentials = self.credentials.read(request.scope)
        if credentials.is_cookie:
            self.refuse_cross_site(request)
        if credentials.unverified is not None:
            return await self._verify(request, credentials.unverified)
        if credentials.claims is None:
            raise credentials.refusal or UnauthenticatedError
        claims, grant = credentials.claims, credentials.grant
        account = await self._find_account(request, claims, is_token=grant is not None)
        if grant is None:
            return _admit(account, claims.session_id, claims.role)
        caller = _admit(account, claims.session_id, None, grant)
        self.credentials.note_use(credentials)
        return caller

    async def _verify(self, request: Request, token: PersonalToken) -> Caller:
        """Return whose personal token it is, which this process has not seen yet."""
        account, grant = await self.tokens.verify(token)
        self.credentials.accept(request.scope, token, grant)
        self.credentials.note_use(self.credentials.read(request.scope))
        return _admit(account, token.token_id, None, grant)

    async def check_again(self, caller: Caller) -> Caller:
        """Return a caller as things stand now, from the cache when it knows.

        Raises `UnauthenticatedError` when the session has ended or the role is another one, or when the personal
        token has expired or was revoked.
        """
        self.tokens.require_alive(caller.grant)
        is_token = caller.grant is not None
        role = None if is_token else caller.role
        view = await self.known_accounts.read(cached_session(caller.user_id, caller.session_id))
        if view is not None and view.account is not None:
            return _admit(view.account, caller.session_id, role, caller.grant)
        account = await self.accounts.find_with_session(caller.user_id, caller.session_id, is_token=is_token)
        if view is not None and account is not None and not account.is_disabled:
            await self.known_accounts.keep(view, account)
        return _admit(account, caller.session_id, role, caller.grant)

    async def _find_account(
        self, request: Request, claims: AccessClaims | TokenClaims, *, is_token: bool
    ) -> Account | None:
        view = find_view(request.scope)
        if view is not None and view.account is not None:
            return view.account
        account = await self.accounts.find_with_session(claims.user_id, claims.session_id, is_token=is_token)
        if account is not None and not account.is_disabled:
            await self.known_accounts.keep_account(request.scope, account)
        return account

    def refuse_cross_site(self, request: Request) -> None:
        """Raise `CrossSiteRequestError` for an unsafe request that does not say that it is same-origin."""
        if request.method not in _SAFE_METHODS and not self._is_same_origin(request):
            raise CrossSiteRequestError("A request with cookies must come from the same origin.")

    def refuse_foreign_browser(self, request: Request) -> None:
        """Refuse a request without credentials that says that it comes from another site.

        A caller that says nothing passes: scripts do so, and there is nothing of theirs to be abused.
        """
        if "origin" in request.headers:
            is_foreign = not self._is_same_origin(request)
        else:
            is_foreign = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        if is_foreign:
            raise CrossSiteRequestError("A browser may send this only from the same origin.")

    def _is_same_origin(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("sec-fetch-site") == "same-origin"
        parts = urlsplit(self.public_url)
        allowed = {f"{parts.scheme}://{parts.netloc}"}
        host = request.headers.get("host", "")
        if self.is_local and is_local_name(host):  # reached as localhost, by address or through a forwarded port
            allowed.add(f"{request.url.scheme}://{host}")
        return origin in allowed


def _admit(account: Account | None, session_id: UUID, role: Role | None, grant: TokenGrant | None = None) -> Caller:
    """Return the caller of a session, or of a personal token, which has a grant and names no role."""
    if account is None or account.is_disabled or role not in {None, account.role}:
        if grant is not None:
            raise RefusedTokenError
        raise UnauthenticatedError("The session has ended.", error="invalid_token")
    return Caller(
        user_id=account.user_id,
        session_id=session_id,
        role=account.role,
        revision=account.revision,
        timezone=account.timezone,
        grant=grant,
    )


def is_local_name(host: str) -> bool:
    """Whether the value of a `Host` header is `localhost` or an address.

    Any other name may have been made to lead here by somebody else (DNS rebinding), whose pages are then not ours.
    """
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def is_browser(request: Request) -> bool:
    """Whether the caller is a browser: those send `Origin` or `Sec-Fetch-*` with what is not a plain link."""
    return "origin" in request.headers or any(name.startswith("sec-fetch-") for name in request.headers)


async def get_security(request: Request) -> Security:
    """Return the one `Security` of this app."""
    security: Security = request.app.state.security
    return security


SecurityPart = Annotated[Security, Depends(get_security)]


async def get_caller(request: Request) -> Caller:
    """Return who is calling from a signed-in session; `app.api.openapi` tells clients how they say it.

    This and the next ones depend on nothing else: the framework resolves what a dependency depends on for each
    request anew, and takes longer for that than the check itself.
    """
    return require_session(await _find_caller(request))


async def get_task_reader(request: Request) -> Caller:
    """Return who is calling, with a session or a token that may read."""
    return require_scope(await _find_caller(request), "tasks:read")


async def get_task_writer(request: Request) -> Caller:
    """Return who is calling, with a session or a token that may write."""
    return require_scope(await _find_caller(request), "tasks:write")


async def get_admin_caller(request: Request) -> Caller:
    """Return an administrator, with a session or a token that may do an administrator's work."""
    caller = await _find_caller(request)
    if caller.role != "admin":
        raise ForbiddenError("Only an administrator may do this.")
    return require_scope(caller, "admin")


async def _find_caller(request: Request) -> Caller:
    caller = await (await get_security(request)).authenticate(request)
    state = request.scope["state"]
    if "user_id" not in state:  # else the cache has said so, ahead of what binds it (`LogContextMiddleware`)
        state["user_id"] = user_id = str(caller.user_id)
        structlog.contextvars.bind_contextvars(user_id=user_id)
    return caller


CurrentCaller = Annotated[Caller, Depends(get_caller)]
TaskReader = Annotated[Caller, Depends(get_task_reader)]
TaskWriter = Annotated[Caller, Depends(get_task_writer)]
AdminCaller = Annotated[Caller, Depends(get_admin_caller)]

# The scope that a personal token needs, by what a route takes its caller from; None where no token will do.
SCOPES: Mapping[Callable[..., Any], TokenScope | None] = {
    get_caller: None,
    get_task_reader: "tasks:read",
    get_task_writer: "tasks:write",
    get_admin_caller: "admin",
}


def find_caller_dependency(dependant: Dependant | None) -> Callable[..., Any] | None:
    """Return the one of `SCOPES` that a route takes its caller from, or None if it asks for no caller."""
    parts = () if dependant is None else dependant.dependencies
    return next((part.call for part in parts if part.call in SCOPES), None)
