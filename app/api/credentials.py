"""What a request says of its sender: the access token in its headers or cookies, or a personal token."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.types import Scope

from app.api.cookies import SessionCookies
from app.cache.store import CachedSession, cached_session
from app.core.access_tokens import AccessClaims, AccessTokenVerifier, InvalidTokenError, UnknownKeyError
from app.core.errors import ProblemError, ServiceUnavailableError, UnauthenticatedError
from app.core.identity import TokenGrant
from app.core.personal_tokens import TOKEN_PREFIX, InvalidPersonalTokenError, PersonalToken, TokenClaims

# Takes note that the user's token was used at an instant, in seconds since 1970.
NoteTokenUse = Callable[[UUID, UUID, float], None]

_STATE_NAME = "credentials"
# Sessions that were here within the life of a token; about 2 KB each.
_MAX_REMEMBERED = 10_000
# Ours have about 500 bytes.
_MAX_REMEMBERED_LENGTH = 1_024
_KEYS_AWAY = "The access token cannot be verified at the moment, because its key cannot be fetched."


@dataclass(frozen=True, slots=True)
class Credentials:
    """The claims of valid credentials, or why there are none.

    A personal token is nobody's before MongoDB has confirmed it, so that one that merely names a user's id neither
    uses up that user's limit nor touches that user's cache; until then it is `unverified`, and there are no claims.
    """

    claims: AccessClaims | TokenClaims | None
    refusal: ProblemError | None = None
    is_cookie: bool = False
    # Of the claims, as the cache knows it; neither is there without the other.
    session: CachedSession | None = None
    # The user's id as text; empty without claims.
    user_name: str = ""
    # Seconds since 1970.
    expires_at: float = 0
    unverified: PersonalToken | None = None
    # Of a verified personal token.
    grant: TokenGrant | None = None
    # The id of the key that an access token names and this process does not know.
    missing_key: str | None = None


class CredentialReader:
    """Finds and verifies the access token of a request; the middleware and the routes ask for it alike.

    What was valid once is remembered until it expires, because checking a signature costs more than a cached answer,
    and so does looking up a personal token, which `Security` does. Whether its session has ended, or the token was
    revoked, is none of this class's business.
    """

    def __init__(
        self,
        verifier: AccessTokenVerifier,
        cookies: SessionCookies,
        now: Callable[[], float],
        note_token_use: NoteTokenUse,
    ) -> None:
        self._verifier = verifier
        self._cookies = cookies
        self._now = now
        self._note_token_use = note_token_use
        # By the header in its plain spelling, so that no token is here twice, or by the cookie's value, which is text
        # and so cannot be taken for a header.
        self._remembered: dict[bytes | str, Credentials] = {}

    def read(self, scope: Scope) -> Credentials:
        """Return what the request carries; read at the first call, the same at the next ones."""
        state = scope.setdefault("state", {})
        credentials: Credentials | None = state.get(_STATE_NAME)
        if credentials is None:
            credentials = state[_STATE_NAME] = self._read(scope)
        return credentials

    def read_again(self, scope: Scope) -> Credentials:
        """Return what the request carries, judged by what is known now."""
        scope["state"].pop(_STATE_NAME, None)
        return self.read(scope)

    def accept(self, scope: Scope, token: PersonalToken, grant: TokenGrant) -> None:
        """Take the personal token of a request for valid from now on, until it expires or is forgotten."""
        claims = TokenClaims(token.user_id, token.token_id)
        credentials = Credentials(
            claims,
            session=cached_session(token.user_id, token.token_id),
            user_name=str(token.user_id),
            expires_at=grant.expires_at,
            grant=grant,
        )
        scope["state"][_STATE_NAME] = credentials
        self._remember(_spell_plainly(token.encode()), credentials)

    def forget(self, scope: Scope) -> None:
        """Take what is in the header of a request for unknown again, however it is spelled."""
        header = _find_header(scope)
        token = None if header is None else _find_bearer_token(header)
        if token is not None:
            self._remembered.pop(_spell_plainly(token), None)

    def forget_all(self) -> None:
        """Take everything for unknown again, as when a key was taken back."""
        self._remembered.clear()

    def note_use(self, credentials: Credentials) -> None:
        """Take note that a personal token was used, if it is one."""
        if credentials.grant is not None and credentials.claims is not None:
            self._note_token_use(credentials.claims.user_id, credentials.claims.session_id, self._now())

    def _read(self, scope: Scope) -> Credentials:
        header = _find_header(scope)
        if header is not None:
            return self._recall(header) or self._read_header(header)
        token = Request(scope).cookies.get(self._cookies.access_name)
        if token is None:
            return Credentials(None, UnauthenticatedError("The request carries no credentials."))
        return self._recall(token) or self._verify(token, token, is_cookie=True)

    def _recall(self, presented: bytes | str) -> Credentials | None:
        credentials = self._remembered.get(presented)
        return credentials if credentials is not None and credentials.expires_at > self._now() else None

    def _read_header(self, header: bytes) -> Credentials:
        token = _find_bearer_token(header)
        if token is None:
            detail = "The Authorization header must be a bearer token."
            return Credentials(None, UnauthenticatedError(detail, error="invalid_request"))
        plain = _spell_plainly(token)
        known = self._recall(plain)
        if known is not None:
            return known
        if token.startswith(TOKEN_PREFIX):
            return _read_personal_token(token)
        return self._verify(plain, token, is_cookie=False)

    def _verify(self, presented: bytes | str, token: str, *, is_cookie: bool) -> Credentials:
        try:
            claims = self._verifier.verify(token)
        except UnknownKeyError as error:
            refusal = _refuse(error) if error.is_sure else ServiceUnavailableError(_KEYS_AWAY)
            return Credentials(None, refusal, is_cookie, missing_key=error.key_id)
        except InvalidTokenError as error:
            return Credentials(None, _refuse(error), is_cookie)
        session = cached_session(claims.user_id, claims.session_id)
        expires_at = claims.expires_at.timestamp()
        credentials = Credentials(claims, None, is_cookie, session, str(claims.user_id), expires_at)
        if len(presented) <= _MAX_REMEMBERED_LENGTH:
            self._remember(presented, credentials)
        return credentials

    def _remember(self, presented: bytes | str, credentials: Credentials) -> None:
        if len(self._remembered) >= _MAX_REMEMBERED:
            # A tenth at a time, so that this is rare. Tokens live alike: those that came first end first.
            for oldest in list(itertools.islice(self._remembered, _MAX_REMEMBERED // 10)):
                del self._remembered[oldest]
        self._remembered[presented] = credentials


def _refuse(error: InvalidTokenError) -> UnauthenticatedError:
    return UnauthenticatedError(f"Access token refused: {error}.", error="invalid_token")


def _find_header(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            header: bytes = value
            return header
    return None


def _find_bearer_token(header: bytes) -> str | None:
    """Return the token of a bearer header, whose scheme may be in any case and have spaces behind it."""
    scheme, _, token = header.decode("latin-1").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _spell_plainly(token: str) -> bytes:
    """Return the header by which nearly all clients send a token."""
    return b"Bearer " + token.encode("latin-1")


def find_credentials(scope: Scope) -> Credentials | None:
    """Return what was read of the sender of this request, if anybody asked."""
    credentials: Credentials | None = scope.get("state", {}).get(_STATE_NAME)
    return credentials


def _read_personal_token(text: str) -> Credentials:
    try:
        return Credentials(None, unverified=PersonalToken.parse(text))
    except InvalidPersonalTokenError:
        detail = "This is no whole personal token: its length or its checksum is wrong."
        return Credentials(None, UnauthenticatedError(detail, error="invalid_token"))
