"""A client of the provider, written by the book: what the tests of the provider itself sign in with."""

import base64
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.fakes.openid_provider.handle import OpenIDProvider

CALLBACK = "http://127.0.0.1:8000/api/v1/auth/google/callback"
VERIFIER = secrets.token_urlsafe(32)


class RelyingParty:
    """One method per request, each of which may be bent."""

    def __init__(self, provider: OpenIDProvider, http: httpx.AsyncClient) -> None:
        self.provider = provider
        self.http = http

    def authorize_url(self, **changes: str | None) -> str:
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email profile",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        kept = {name: value for name, value in (parameters | changes).items() if value is not None}
        return f"{self.provider.issuer}/authorize?{urlencode(kept)}"

    async def authorize(self, **changes: str | None) -> dict[str, str]:
        callback = await self.provider.follow(self.authorize_url(**changes))
        assert callback.startswith(f"{CALLBACK}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}

    async def token(self, code: str, **changes: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        form |= {"code_verifier": VERIFIER} | changes
        credentials = f"{self.provider.client_id}:{self.provider.client_secret}".encode()
        basic = {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
        headers = {} if "client_secret" in form else basic
        return await self.http.post(f"{self.provider.issuer}/token", data=form, headers=headers)

    async def sign_in(self) -> dict[str, Any]:
        answer = await self.token((await self.authorize())["code"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"{self.provider.issuer}/{path}")

    async def discovery(self) -> httpx.Response:
        return await self.get(".well-known/openid-configuration")

    async def keys(self) -> KeySet:
        return KeySet.import_key_set((await self.get("jwks")).json())

    async def id_token_claims(self) -> dict[str, Any]:
        id_token = (await self.sign_in())["id_token"]
        return jwt.decode(id_token, await self.keys(), ["RS256", "ES256"]).claims

    async def userinfo(self, access_token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return await self.http.get(f"{self.provider.issuer}/userinfo", headers=headers)
