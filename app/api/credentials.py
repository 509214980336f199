"""What a request says of its sender: the access token in its headers or cookies, verified once a request."""

from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope

from app.api.cookies import SessionCookies
from app.core.access_tokens import AccessClaims, InvalidTokenError, RememberingVerifier
from app.core.errors import UnauthenticatedError

_STATE_NAME = "credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The claims of a valid access token, or why there are none."""

    claims: AccessClaims | None
    refusal: UnauthenticatedError | None = None
    is_cookie: bool = False
    # The user's id as text; empty without claims.
    user_name: str = ""


class CredentialReader:
    """Finds and verifies the access token of a request; the middleware and the routes ask for it alike."""

    def __init__(self, verifier: RememberingVerifier, cookies: SessionCookies) -> None:
        self._verifier = verifier
        self._cookies = cookies

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
                return self._read_header(value.decode("latin-1"))
        token = Request(scope).cookies.get(self._cookies.access_name)
        if token is None:
            return Credentials(None, UnauthenticatedError("The request carries no credentials."))
        return self._verify(token, is_cookie=True)

    def _read_header(self, header: str) -> Credentials:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            detail = "The Authorization header must be a bearer token."
            return Credentials(None, UnauthenticatedError(detail, error="invalid_request"))
        return self._verify(token.strip(), is_cookie=False)

    def _verify(self, token: str, *, is_cookie: bool) -> Credentials:
        try:
            claims = self._verifier.verify(token)
        except InvalidTokenError as error:
            refusal = UnauthenticatedError(f"Access token refused: {error}.", error="invalid_token")
            return Credentials(None, refusal, is_cookie)
        return Credentials(claims, None, is_cookie, str(claims.user_id))
