"""The provider's HTTP face: the OpenID endpoints, and `/_control` for the tests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from authlib.oidc.discovery import OpenIDProviderMetadata
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from tests.fakes.openid_provider.authorization_server import ProviderRequest, ProviderServer
from tests.fakes.openid_provider.controls import Controls, Endpoint, override
from tests.fakes.openid_provider.responses import AsciiJSONResponse
from tests.fakes.openid_provider.state import ALGORITHMS, SCOPES, ProviderState

Answer = Callable[[Request], Awaitable[Response]]


def create_app(state: ProviderState) -> Starlette:
    """The ASGI application over `state`."""
    openid, control = OpenIDEndpoints(state), ControlEndpoints(state)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", breakable(state, "discovery", openid.discovery)),
            Route("/jwks", breakable(state, "jwks", openid.jwks)),
            Route("/authorize", breakable(state, "authorize", openid.authorize)),
            Route("/token", breakable(state, "token", openid.token), methods=["POST"]),
            Route("/userinfo", breakable(state, "userinfo", openid.userinfo), methods=["GET", "POST"]),
            Mount("/_control", routes=control.routes()),
        ]
    )


def breakable(state: ProviderState, endpoint: Endpoint, answer: Answer) -> Answer:
    """Count the endpoint's requests and let a fault from the controls delay or replace its answer."""

    async def respond(request: Request) -> Response:
        state.request_counts[endpoint] += 1
        fault = state.controls.endpoint_faults.get(endpoint)
        if fault is None:
            return await answer(request)
        await asyncio.sleep(fault.delay_seconds)
        if fault.status is None:
            return await answer(request)
        return Response(fault.body, fault.status, media_type=fault.content_type)

    return respond


class OpenIDEndpoints:
    """What a client of the provider sees."""

    def __init__(self, state: ProviderState) -> None:
        self._state = state
        self._server = ProviderServer(state)

    async def discovery(self, request: Request) -> Response:
        """OpenID Connect Discovery section 4; checked here, so that only a test's overrides can break it."""
        issuer = self._state.issuer
        metadata = OpenIDProviderMetadata(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            userinfo_endpoint=f"{issuer}/userinfo",
            jwks_uri=f"{issuer}/jwks",
            scopes_supported=list(SCOPES),
            response_types_supported=["code"],
            grant_types_supported=["authorization_code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=list(ALGORITHMS),
            token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
            code_challenge_methods_supported=["S256"],
        )
        return AsciiJSONResponse(override(dict(metadata), self._state.controls.discovery_overrides))

    async def jwks(self, request: Request) -> Response:
        return AsciiJSONResponse(self._state.published_keys())

    async def authorize(self, request: Request) -> Response:
        return self._server.authorize(_provider_request(request, request.query_params.multi_items()))

    async def token(self, request: Request) -> Response:
        form = parse_qsl((await request.body()).decode())
        return self._server.create_token_response(_provider_request(request, form))

    async def userinfo(self, request: Request) -> Response:
        return self._server.userinfo(_provider_request(request, []))


def _provider_request(request: Request, parameters: list[tuple[str, str]]) -> ProviderRequest:
    return ProviderRequest(request.method, str(request.url), request.headers, parameters)


class ControlEndpoints:
    """What a test uses; every answer is the whole state, which the handle keeps for the next start."""

    def __init__(self, state: ProviderState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """The routes below `/_control`."""
        return [
            Route("/state", self.show),
            Route("/controls", self.change, methods=["PATCH"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/rotate-keys", self.rotate_keys, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return AsciiJSONResponse(self._state.snapshot())

    async def change(self, request: Request) -> Response:
        """Replace the members that the body names; the others stay."""
        changes: dict[str, Any] = await request.json()
        try:
            self._state.controls = Controls.model_validate(self._state.controls.model_dump() | changes)
        except ValidationError as error:
            return PlainTextResponse(str(error), 422)
        return await self.show(request)

    async def reset(self, request: Request) -> Response:
        """Be an honest provider again, with no request counted; the keys stay."""
        self._state.controls = Controls()
        self._state.request_counts.clear()
        return await self.show(request)

    async def rotate_keys(self, request: Request) -> Response:
        self._state.rotate_keys()
        return await self.show(request)
