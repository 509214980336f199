"""The push service's routes: pushes for anybody, controls for the tests."""

import asyncio
import base64
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.push_service.vapid import RefusedError, check_authorization

# RFC 8030, section 7.2: the least that a push service must take, and the most that the large ones do.
MAX_BODY_BYTES = 4_096
_URGENCIES = {"very-low", "low", "normal", "high"}


def _write_base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Browser:
    """What a browser keeps to itself of a subscription, and what it was sent."""

    application_server_key: str
    private_key: ec.EllipticCurvePrivateKey
    secret: bytes
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, str]:
        point = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": _write_base64url(point), "auth": _write_base64url(self.secret)}

    def receive(self, body: bytes, headers: dict[str, str]) -> None:
        """Decrypt a message and keep it. Raises `ECEException`."""
        plaintext = http_ece.decrypt(body, private_key=self.private_key, auth_secret=self.secret, version="aes128gcm")
        self.messages.append({"content": json.loads(plaintext), "headers": headers, "size": len(body)})


class PushService:
    """All browsers, the clock, and how the service behaves at present."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.browsers: dict[str, Browser] = {}
        self.now = 0.0
        self.behaviour: dict[str, Any] = {}
        self.requests = 0
        self.refusals: list[str] = []

    async def subscribe(self, request: Request) -> Response:
        wanted = await request.json()
        name = os.urandom(12).hex()
        key = ec.generate_private_key(ec.SECP256R1())
        browser = self.browsers[name] = Browser(wanted["application_server_key"], key, os.urandom(16))
        endpoint = f"{self.origin}/push/{name}"
        return JSONResponse({"endpoint": endpoint, "expirationTime": None, "keys": browser.keys})

    async def control(self, request: Request) -> Response:
        changes = await request.json()
        self.now = changes.pop("now", self.now)
        self.behaviour = changes.pop("behaviour", self.behaviour)
        if changes.pop("reset", False):
            self.browsers, self.requests, self.refusals, self.behaviour = {}, 0, [], {}
        messages = {f"{self.origin}/push/{name}": browser.messages for name, browser in self.browsers.items()}
        return JSONResponse({"messages": messages, "requests": self.requests, "refusals": self.refusals})

    async def push(self, request: Request) -> Response:
        self.requests += 1
        if self.behaviour:
            return await self._misbehave()
        browser = self.browsers.get(request.path_params["name"])
        if browser is None:
            return Response(status_code=410)
        body = await request.body()
        try:
            check_authorization(
                request.headers.get("Authorization", ""), self.origin, self.now, browser.application_server_key
            )
            _check_headers(request)
        except RefusedError as error:
            self.refusals.append(str(error))
            return Response(str(error), 403)
        if len(body) > MAX_BODY_BYTES:
            return Response(status_code=413)
        browser.receive(body, {name: request.headers[name] for name in ("TTL", "Topic", "Urgency")})
        return Response(status_code=201, headers={"Location": f"{self.origin}/message/{os.urandom(8).hex()}"})

    async def _misbehave(self) -> Response:
        status, headers = self.behaviour.get("status", 201), self.behaviour.get("headers", {})
        match self.behaviour.get("body", "none"):
            case "never":
                await asyncio.sleep(60)
            case "endless":
                return StreamingResponse(_pour(b"x" * 65_536, 0), status, headers)
            case "drip":
                return StreamingResponse(_pour(b"x", 0.1), status, headers)
        return Response(status_code=status, headers=headers)


def _check_headers(request: Request) -> None:
    if request.headers.get("Content-Encoding") != "aes128gcm":
        raise RefusedError("not in aes128gcm")
    if not request.headers.get("TTL", "").isdigit():
        raise RefusedError("without a TTL")
    if not re.fullmatch(r"[\w-]{1,32}", request.headers.get("Topic", ""), re.ASCII):
        raise RefusedError("a topic that is none")
    if request.headers.get("Urgency") not in _URGENCIES:
        raise RefusedError("an urgency that is none")


async def _pour(chunk: bytes, pause_seconds: float) -> AsyncIterator[bytes]:
    while True:
        yield chunk
        await asyncio.sleep(pause_seconds)


def create_app(origin: str) -> Starlette:
    """Return the push service of an origin."""
    service = PushService(origin)
    return Starlette(
        routes=[
            Route("/push/{name}", service.push, methods=["POST"]),
            Route("/_control/subscribe", service.subscribe, methods=["POST"]),
            Route("/_control", service.control, methods=["POST"]),
        ]
    )
