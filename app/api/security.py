"""Who is calling: bearer or cookie, checked against the live account, with protection against forged requests."""

import ipaddress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.types import Scope

from app.api.cookies import SessionCookies
from app.core.access_tokens import AccessTokenVerifier, InvalidTokenError
from app.core.errors import ForbiddenError, UnauthenticatedError
from app.core.identity import Caller
from app.data.accounts import Accounts

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Declared for OpenAPI alone: the checks below answer with our own problems.
_BEARER_SCHEME = HTTPBearer(auto_error=False, scheme_name="bearer", description="An access token")
_COOKIE_SCHEME = APIKeyCookie(
    name="__Host-access", auto_error=False, scheme_name="cookie", description="The browser's session"
)


class CrossSiteRequestError(ForbiddenError):
    """A browser sent its cookies with a request that did not start on our own pages."""

    slug = "cross-site-request"
    title = "Cross-site request refused"


@dataclass(frozen=True, slots=True)
class Security:
    """Authenticates requests; built once, found by the dependencies on `app.state.security`."""

    verifier: AccessTokenVerifier
    accounts: Accounts
    cookies: SessionCookies
    public_url: str
    is_local: bool

    async def authenticate(self, request: Request) -> Caller:
        """Return who is calling. Raises `UnauthenticatedError`, or `CrossSiteRequestError` for a forgery."""
        token = read_bearer(request)
        if token is None:
            token = request.cookies.get(self.cookies.access_name)
            if token is None:
                raise UnauthenticatedError("The request carries no credentials.")
            self.refuse_cross_site(request)
        try:
            claims = self.verifier.verify(token)
        except InvalidTokenError as error:
            raise UnauthenticatedError(f"Access token refused: {error}.", error="invalid_token") from None
        account = await self.accounts.find_with_session(claims.user_id, claims.session_id)
        if account is None or account.is_disabled or account.role != claims.role:
            raise UnauthenticatedError("The session has ended.", error="invalid_token")
        return Caller(
            user_id=account.user_id,
            session_id=claims.session_id,
            role=account.role,
            revision=account.revision,
            timezone=account.timezone,
        )

    def identify(self, scope: Scope) -> str | None:
        """Return the id of the user whose valid access token a request carries, or None.

        It asks no server: whether the session still lasts is not known here.
        """
        request = Request(scope)
        try:
            token = read_bearer(request) or request.cookies.get(self.cookies.access_name)
            return None if token is None else str(self.verifier.verify(token).user_id)
        except (InvalidTokenError, UnauthenticatedError):
            return None

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


def is_local_name(host: str) -> bool:
    """Whether the value of a `Host` header is `localhost` or an address.

    Any other name may have been made to lead here by somebody else (DNS rebinding), whose pages are then not ours.
    """
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def read_bearer(request: Request) -> str | None:
    """Return the token of the `Authorization` header, or None when there is no such header.

    Raises `UnauthenticatedError` when the header holds something else.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("The Authorization header must be a bearer token.", error="invalid_request")
    return token.strip()


def is_browser(request: Request) -> bool:
    """Whether the caller is a browser: those send `Origin` or `Sec-Fetch-*` with what is not a plain link."""
    return "origin" in request.headers or any(name.startswith("sec-fetch-") for name in request.headers)


async def get_security(request: Request) -> Security:
    """Return the one `Security` of this app."""
    security: Security = request.app.state.security
    return security


SecurityPart = Annotated[Security, Depends(get_security)]


async def _get_caller(
    request: Request,
    security: SecurityPart,
    _bearer: Annotated[object, Depends(_BEARER_SCHEME)],
    _cookie: Annotated[object, Depends(_COOKIE_SCHEME)],
) -> Caller:
    caller = await security.authenticate(request)
    request.state.user_id = str(caller.user_id)
    return caller


CurrentCaller = Annotated[Caller, Depends(_get_caller)]
