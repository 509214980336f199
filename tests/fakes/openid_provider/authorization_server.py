"""The OAuth 2.0 and OpenID Connect rules, on Authlib's framework-neutral server side."""

import time
from collections.abc import Mapping
from typing import Any

from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
    ResourceProtector,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from starlette.responses import Response

from tests.fakes.openid_provider.controls import CLIENT_ID
from tests.fakes.openid_provider.id_tokens import issue_id_token
from tests.fakes.openid_provider.responses import AsciiJSONResponse
from tests.fakes.openid_provider.state import SCOPES, AccessToken, AuthorizationCode, Client, ProviderState, SignIn

ACCESS_TOKEN_SECONDS = 3600  # what Google and most providers answer in `expires_in`


class Parameters(OAuth2Payload):
    """Parameters from a query or a form, repeated ones included."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    @property
    def data(self) -> dict[str, str]:
        return dict(self._pairs)

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value for other, value in self._pairs if other == name] for name, _ in self._pairs}


class ProviderRequest(OAuth2Request):
    """A request whose body has been read already, since Authlib's server side never awaits."""

    def __init__(self, method: str, uri: str, headers: Mapping[str, str], parameters: list[tuple[str, str]]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = Parameters(parameters)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code grant (RFC 6749 section 4.1); a code works once."""

    def create_authorization_response(self, redirect_uri: str, grant_user: SignIn) -> tuple[int, str, list[Any]]:
        if error := self.server.state.controls.authorization_error:
            raise OAuth2Error(error=error, redirect_uri=redirect_uri)
        return super().create_authorization_response(redirect_uri, grant_user)

    def save_authorization_code(self, code: str, request: ProviderRequest) -> None:
        asked = request.payload.data
        self.server.state.codes[code] = AuthorizationCode(
            code=code,
            sign_in=request.user,
            scope=request.scope,
            redirect_uri=asked["redirect_uri"],
            nonce=asked.get("nonce", ""),
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        return self.server.state.codes.get(code)

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        del self.server.state.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: AuthorizationCode) -> SignIn:
        return authorization_code.sign_in


class RequiredS256(CodeChallenge):
    """PKCE (RFC 7636), demanded of every client and with S256 alone, as RFC 9700 section 2.1.1 advises."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        if not grant.request.payload.data.get("code_challenge_method"):
            raise InvalidRequestError("Missing 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)


class IdTokens(OpenIDCode):
    """The ID token beside the access token (OpenID Connect Core section 3.1.3.3)."""

    def __init__(self, state: ProviderState) -> None:
        super().__init__(require_nonce=True)
        self.state = state

    def exists_nonce(self, nonce: str, request: ProviderRequest) -> bool:
        """Checking replays is the client's duty; the provider remembers no nonce, so tests may reuse a URL."""
        return False

    def generate_user_info(self, user: SignIn, scope: str) -> dict[str, Any]:
        return user.visible(scope, self.state.controls.id_token_claims)

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self.state.issuer, "aud": client.get_client_id()}

    def process_token(self, grant: CodeGrant, response: tuple[int, dict[str, Any], list[Any]]) -> None:
        _, token, _ = response
        request = grant.request
        claims = (
            self.get_compatible_claims(request)
            | self.get_authorization_code_claims(request.authorization_code)
            | {"at_hash": create_half_hash(token["access_token"], "RS256").decode()}
            | self.generate_user_info(request.user, token["scope"])
        )
        if id_token := issue_id_token(self.state, claims):
            token["id_token"] = id_token


class AccessTokenValidator(BearerTokenValidator):
    """Looks up the access token that a userinfo request carries (RFC 6750)."""

    def __init__(self, state: ProviderState) -> None:
        super().__init__()
        self.state = state

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        return self.state.access_tokens.get(token_string)


class ProviderServer(AuthorizationServer):
    """Authlib's authorization server over the provider's state, answering with Starlette responses."""

    def __init__(self, state: ProviderState) -> None:
        super().__init__(scopes_supported=SCOPES)
        self.state = state
        self.protector = ResourceProtector()
        self.protector.register_token_validator(AccessTokenValidator(state))
        self.register_token_generator(
            "default",
            BearerTokenGenerator(lambda **_: generate_token(43), expires_generator=ACCESS_TOKEN_SECONDS),
        )
        self.register_grant(CodeGrant, [RequiredS256(), IdTokens(state)])

    def query_client(self, client_id: str) -> Client | None:
        return Client(self.state.controls.redirect_uris) if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: ProviderRequest) -> None:
        self.state.access_tokens[token["access_token"]] = AccessToken(request.user, token["scope"])

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to signals here."""

    def create_oauth2_request(self, request: ProviderRequest) -> ProviderRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        if isinstance(body, str):
            return Response(body, status, dict(headers))
        return AsciiJSONResponse(body, status, dict(headers))

    def authorize(self, request: ProviderRequest) -> Response:
        """Sign in the user of the controls at once and redirect back, as after a remembered consent."""
        sign_in = SignIn(self.state.controls.claims, int(time.time()))
        try:
            grant = self.get_consent_grant(request, sign_in)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)
        return self.create_authorization_response(request, sign_in, grant=grant)

    def userinfo(self, request: ProviderRequest) -> Response:
        """The claims of the access token's user (OpenID Connect Core section 5.3)."""
        try:
            token = self.protector.validate_request(["openid"], request)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)
        controls = self.state.controls
        claims = token.sign_in.visible(token.scope, controls.userinfo_claims)
        if controls.userinfo_sub is not None:
            claims["sub"] = controls.userinfo_sub
        return AsciiJSONResponse(claims)
