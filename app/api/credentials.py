"""What a request says of its sender: the access token in its headers or cookies."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope

from app.api.cookies import SessionCookies
from app.core.access_tokens import AccessClaims, AccessTokenVerifier, InvalidTokenError
from app.core.errors import UnauthenticatedError
from app.core.identity import TokenGrant

_STATE_NAME = "credentials"
# Sessions that were here within the life of a token; about 2 KB each.
_MAX_REMEMBERED = 10_000
# Ours have about 500 bytes; around one there may be any number of spaces.
_MAX_REMEMBERED_LENGTH = 1_024


@dataclass(frozen=True, slots=True)
class Credentials:
    """The claims of a valid access token, or why there are none."""

    claims: AccessClaims | None
    refusal: UnauthenticatedError | None = None
    is_cookie: bool = False
    # The user's id as text; empty without claims.
    user_name: str = ""
    # Seconds since 1970.
    expires_at: float = 0
    # Of a personal token.
    grant: TokenGrant | None = None


class CredentialReader:
    """Finds and verifies the access token of a request; the middleware and the routes ask for it alike.

    What was valid once is remembered until it expires, because checking a signature costs more than a cached answer.
    Whether its session has ended is none of this class's business.
    """

    def __init__(self, verifier: AccessTokenVerifier, cookies: SessionCookies, now: Callable[[], float]) -> None:
        self._verifier = verifier
        self._cookies = cookies
        self._now = now
        # By the header, or by the cookie's value, which is text and so cannot be taken for a header.
        self._remembered: dict[bytes | str, Credentials] = {}

    def read(self, scope: Scope) -> Credentials:
        """Return what the request carries; read at the first call, the same at the next ones."""
        state = scope.setdefault("state", {})
        credentials: Credentials | None = state.get(_STATE_NAME)
        if credentials is None:
            credentials = state[_STATE_NAME] = self._read(scope)
        return credentials

    def _read(self, scope: Scope) -> Credentials:
        for name, value in scope["headers"]:
            if name == b"authorization":
                return self._recall(value) or self._read_header(value)
        token = Request(scope).cookies.get(self._cookies.access_name)
        if token is None:
            return Credentials(None, UnauthenticatedError("The request carries no credentials."))
        return self._recall(token) or self._verify(token, token, is_cookie=True)

    def _recall(self, presented: bytes | str) -> Credentials | None:
        credentials = self._remembered.get(presented)
        return credentials if credentials is not None and credentials.expires_at > self._now() else None

    def _read_header(self, header: bytes) -> Credentials:
        scheme, _, token = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            detail = "The Authorization header must be a bearer token."
            return Credentials(None, UnauthenticatedError(detail, error="invalid_request"))
        return self._verify(header, token.strip(), is_cookie=False)

    def _verify(self, presented: bytes | str, token: str, *, is_cookie: bool) -> Credentials:
        try:
            claims = self._verifier.verify(token)
        except InvalidTokenError as error:
            refusal = UnauthenticatedError(f"Access token refused: {error}.", error="invalid_token")
            return Credentials(None, refusal, is_cookie)
        credentials = Credentials(claims, None, is_cookie, str(claims.user_id), claims.expires_at.timestamp())
        if len(presented) <= _MAX_REMEMBERED_LENGTH:
            self._remember(presented, credentials)
        return credentials

    def _remember(self, presented: bytes | str, credentials: Credentials) -> None:
        if len(self._remembered) >= _MAX_REMEMBERED:
            # A tenth at a time, so that this is rare. Tokens live alike: those that came first end first.
            for oldest in list(itertools.islice(self._remembered, _MAX_REMEMBERED // 10)):
                del self._remembered[oldest]
        self._remembered[presented] = credentials
