"""One sign-in provider: sends the browser there and finds out who came back."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from authlib.oauth2 import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from app.auth.errors import ProviderAwayError, SignInRefusedError, UnusableProviderAnswerError
from app.auth.oidc.claims import complete, is_complete, read_identity
from app.auth.oidc.discovery import FRESH, Discovery, ProviderMetadata
from app.auth.oidc.http import ProviderHttp
from app.auth.oidc.id_token import IdTokenVerifier
from app.auth.oidc.keys import ProviderKeys
from app.auth.oidc.login_state import LoginState
from app.auth.sign_in import ProvenIdentity
from app.core.clock import Clock
from app.core.settings import OidcProvider

SCOPE = "openid email profile"

# Leaves a callback the time for our own database within the 9 s of a request.
FINISH_TIMEOUT = timedelta(seconds=6)


class OidcClient:
    """This service as a client of one provider."""

    def __init__(
        self,
        provider: OidcProvider,
        redirect_uri: str,
        http: ProviderHttp,
        clock: Clock,
        finish_timeout: timedelta = FINISH_TIMEOUT,
    ) -> None:
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._http = http
        self._finish_timeout = finish_timeout
        self._discovery = Discovery(provider, http, clock)
        self._id_tokens = IdTokenVerifier(provider.client_id, ProviderKeys(self._discovery, http, clock), clock)

    async def authorization_url(self, login: LoginState) -> str:
        """Return where to send the browser. Raises `ProviderAwayError` or `UnusableProviderAnswerError`."""
        metadata = await self._discovery.get(FRESH)
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self.provider.client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=SCOPE,
            state=login.state,
            nonce=login.nonce,
            code_challenge=create_s256_code_challenge(login.code_verifier),
            code_challenge_method="S256",
        )
        return url

    async def prove(self, code: str, login: LoginState) -> ProvenIdentity:
        """Redeem the code and return who signed in.

        Raises `SignInRefusedError`, `ProviderAwayError` or `UnusableProviderAnswerError`.
        """
        try:
            async with asyncio.timeout(self._finish_timeout.total_seconds()):
                claims = await self._fetch_claims(code, login)
        except TimeoutError:
            raise ProviderAwayError from None
        return read_identity(self.provider.name, claims)

    async def _fetch_claims(self, code: str, login: LoginState) -> Mapping[str, Any]:
        metadata = await self._discovery.get()
        tokens = await self._redeem(code, login, metadata)
        access_token, id_token = tokens.get("access_token"), tokens.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise UnusableProviderAnswerError("The sign-in provider did not give the tokens that it owes.")
        claims = await self._id_tokens.verify(id_token, metadata, nonce=login.nonce, access_token=access_token)
        if is_complete(claims) or metadata.userinfo_endpoint is None:
            return claims
        answer = await self._http.get(metadata.userinfo_endpoint, bearer=access_token)
        return complete(claims, answer.require_ok())

    async def _redeem(self, code: str, login: LoginState, metadata: ProviderMetadata) -> Mapping[str, Any]:
        form = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self._redirect_uri, code_verifier=login.code_verifier
        )
        secret = self.provider.client_secret.get_secret_value()
        authentication = ClientAuth(self.provider.client_id, secret, metadata.token_auth_method)
        url, headers, body = authentication.prepare("POST", metadata.token_endpoint, {}, form)
        answer = await self._http.post_form(url, body, headers)
        if answer.status == 400 and answer.content.get("error") == "invalid_grant":
            raise SignInRefusedError("The sign-in provider does not accept this sign-in any more. Begin again.")
        return answer.require_ok()
