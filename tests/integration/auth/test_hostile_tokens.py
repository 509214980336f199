"""Access tokens that nobody of ours has issued: every one is refused, and quickly."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jws
from joserfc.jwk import ECKey

from app.core.settings import Settings
from tests.integration.auth.conftest import LogIn

ME = "/api/v1/me"

Claims = dict[str, Any]
Header = dict[str, Any]


def encode(part: Mapping[str, Any] | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


class Forge:
    """Makes tokens out of a good one."""

    def __init__(self, good: str, private_pem: bytes) -> None:
        header, payload, self.signature = good.split(".")
        self.header, self.claims = decode(header), decode(payload)
        self.key = ECKey.import_key(private_pem)
        self.good = good

    def sign(self, header: Header | None = None, claims: Claims | None = None, key: ECKey | None = None) -> str:
        """Sign with our key or another one; None among the claims removes one."""
        changed = {name: value for name, value in (self.claims | (claims or {})).items() if value is not None}
        headers = {name: value for name, value in (self.header | (header or {})).items() if value is not None}
        registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
        registry.max_header_length = 10_000
        return jws.serialize_compact(headers, json.dumps(changed), key or self.key, registry=registry)

    def sign_with_hmac(self, secret: bytes) -> str:
        head = f"{encode(self.header | {'alg': 'HS256'})}.{encode(self.claims)}"
        mac = HMAC(secret, SHA256())
        mac.update(head.encode())
        return f"{head}.{encode(mac.finalize())}"

    def unsigned(self, algorithm: str) -> str:
        return f"{encode(self.header | {'alg': algorithm})}.{encode(self.claims)}."


@pytest.fixture
async def forge(log_in: LogIn, settings: Settings) -> Forge:
    """Makes tokens out of a good one, with the service's own private key at hand."""
    assert settings.jwt.private_key_file is not None
    good = (await log_in()).json()["access_token"]
    return Forge(good, settings.jwt.private_key_file.read_bytes())


async def ask(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get(ME, headers={"Authorization": f"Bearer {token}"})


def public_pem(forge: Forge) -> bytes:
    key = load_pem_private_key(forge.key.as_pem(private=True), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def foreign_key() -> ECKey:
    return ECKey.generate_key("P-256")


def _with_own_key(forge: Forge, member: str) -> str:
    key = foreign_key()
    offered = key.as_dict(private=False) if member == "jwk" else "https://evil.example/keys"
    return forge.sign({member: offered}, key=key)


def _sign_payload(forge: Forge, payload: bytes) -> str:
    return jws.serialize_compact(forge.header, payload, forge.key, ["ES256"])


def _sign_in_der(forge: Forge) -> str:
    head = forge.good.rpartition(".")[0]
    private = load_pem_private_key(forge.key.as_pem(private=True), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return f"{head}.{encode(private.sign(head.encode(), ec.ECDSA(SHA256())))}"


FORGED: dict[str, Callable[[Forge], str]] = {
    "alg none": lambda forge: forge.unsigned("none"),
    "alg None": lambda forge: forge.unsigned("None"),
    "ES256 without a signature": lambda forge: forge.unsigned("ES256"),
    "HS256 with the public key": lambda forge: forge.sign_with_hmac(public_pem(forge)),
    "HS256 with the public key stripped": lambda forge: forge.sign_with_hmac(public_pem(forge).strip()),
    "HS256 with the public JWK": lambda forge: forge.sign_with_hmac(
        json.dumps(forge.key.as_dict(private=False)).encode()
    ),
    "HS256 with an empty secret": lambda forge: forge.sign_with_hmac(b""),
    "another key under our kid": lambda forge: forge.sign(key=foreign_key()),
    "a kid of nobody": lambda forge: forge.sign({"kid": "nobody"}),
    "no kid": lambda forge: forge.sign({"kid": None}),
    "a kid that is no text": lambda forge: f"{encode(forge.header | {'kid': 5})}.{encode(forge.claims)}.x",
    "a kid that is a path": lambda forge: forge.sign({"kid": "../../dev/null"}),
    "a header with its own key": lambda forge: _with_own_key(forge, "jwk"),
    "a header with an address of keys": lambda forge: _with_own_key(forge, "jku"),
    "a header with an address of certificates": lambda forge: _with_own_key(forge, "x5u"),
    "typ JWT": lambda forge: forge.sign({"typ": "JWT"}),
    "no typ": lambda forge: forge.sign({"typ": None}),
    "a wrong audience": lambda forge: forge.sign(claims={"aud": "another-service"}),
    "no audience": lambda forge: forge.sign(claims={"aud": None}),
    "a wrong issuer": lambda forge: forge.sign(claims={"iss": "https://evil.example"}),
    "no issuer": lambda forge: forge.sign(claims={"iss": None}),
    "no subject": lambda forge: forge.sign(claims={"sub": None}),
    "a subject that is no id": lambda forge: forge.sign(claims={"sub": "admin"}),
    "a subject that is a number": lambda forge: forge.sign(claims={"sub": 5}),
    "another subject": lambda forge: forge.sign(claims={"sub": str(uuid4())}),
    "no session": lambda forge: forge.sign(claims={"sid": None}),
    "another session": lambda forge: forge.sign(claims={"sid": str(uuid4())}),
    "no expiry": lambda forge: forge.sign(claims={"exp": None}),
    "an expiry that is text": lambda forge: forge.sign(claims={"exp": "tomorrow"}),
    "an expiry that no calendar has": lambda forge: forge.sign(claims={"exp": 10**30}),
    "an expiry that has passed": lambda forge: forge.sign(claims={"exp": forge.claims["iat"]}),
    "no instant of issue": lambda forge: forge.sign(claims={"iat": None}),
    "an instant of issue that is text": lambda forge: forge.sign(claims={"iat": "now"}),
    "no id": lambda forge: forge.sign(claims={"jti": None}),
    "an empty id": lambda forge: forge.sign(claims={"jti": ""}),
    "no role": lambda forge: forge.sign(claims={"role": None}),
    "another role": lambda forge: forge.sign(claims={"role": "admin"}),
    "a role that there is not": lambda forge: forge.sign(claims={"role": "root"}),
    "a role that is a list": lambda forge: forge.sign(claims={"role": ["user"]}),
    "claims that are a list": lambda forge: _sign_payload(forge, b"[]"),
    "claims that are no JSON": lambda forge: _sign_payload(forge, b"{"),
    "claims that are deeply nested": lambda forge: _sign_payload(forge, b"[" * 4_000),
    "claims that are not UTF-8": lambda forge: _sign_payload(forge, b'{"sub": "\xff"}'),
    "a changed payload": lambda forge: f"{encode(forge.header)}.{encode(forge.claims | {'x': 1})}.{forge.signature}",
    "a cut signature": lambda forge: forge.good[:-4],
    "a signature of zeros": lambda forge: f"{forge.good.rpartition('.')[0]}.{encode(bytes(64))}",
    "a signature in DER": _sign_in_der,
    "two parts": lambda forge: forge.good.rpartition(".")[0],
    "four parts": lambda forge: forge.good + ".x",
    "a header that is no JSON": lambda forge: f"x.{encode(forge.claims)}.x",
    "a header that is a list": lambda forge: f"{encode(b'[]')}.{encode(forge.claims)}.x",
    "a deeply nested header": lambda forge: f"{encode(b'[' * 4_000)}.{encode(forge.claims)}.x",
    "5 MB": lambda forge: forge.sign(claims={"x": "y" * 5_000_000}),
}


GARBAGE = {
    "five parts": ".".join(["eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "x", "x", "x"]),
    "dots": "..",
    "one character": "x",
    "5 MB of nothing": "x" * 5_000_000,
    "5 MB of dots": "." * 5_000_000,
    "somebody's refresh token": "AaIIRv4Aeju8wveXGXbUPQGiCEb-AHZSsOzZLWooCE_pFhQG_M_GDtFXc8f2hqV1",
}


def make(name: str, forge: Forge) -> str:
    return GARBAGE[name] if name in GARBAGE else FORGED[name](forge)


class TestAHostileAccessToken:
    @pytest.mark.parametrize("name", [*FORGED, *GARBAGE])
    async def test_is_refused_quickly(self, client: httpx.AsyncClient, forge: Forge, name: str) -> None:
        token = make(name, forge)
        started = time.process_time()
        answer = await ask(client, token)
        assert time.process_time() - started < 1
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "/problems/unauthenticated"

    @pytest.mark.parametrize("name", ["alg none", "5 MB", "another session"])
    async def test_is_refused_in_a_cookie_as_well(self, client: httpx.AsyncClient, forge: Forge, name: str) -> None:
        answer = await client.get(ME, headers={"Cookie": f"access={make(name, forge)}"})
        assert answer.status_code == 401

    async def test_is_what_makes_the_difference(self, client: httpx.AsyncClient, forge: Forge) -> None:
        """The control: the forge's tokens are good when nothing is forged."""
        assert (await ask(client, forge.good)).status_code == 200
        assert (await ask(client, forge.sign())).status_code == 200
        assert (await ask(client, forge.sign({"cty": "x"}))).status_code == 200

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "x", "Bearer\t", "bearer:x"])
    async def test_in_an_unreadable_header_is_refused(self, client: httpx.AsyncClient, header: str) -> None:
        assert (await client.get(ME, headers={"Authorization": header})).status_code == 401

    async def test_in_a_bad_header_is_not_outdone_by_a_good_cookie(
        self, client: httpx.AsyncClient, forge: Forge
    ) -> None:
        headers = {"Authorization": "Bearer x", "Cookie": f"access={forge.good}"}
        assert (await client.get(ME, headers=headers)).status_code == 401


class TestThePublicKeys:
    async def test_verify_the_access_tokens_of_this_service(self, client: httpx.AsyncClient, forge: Forge) -> None:
        answer = await client.get("/.well-known/jwks.json")
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        [key] = answer.json()["keys"]
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert key["kid"] == forge.header["kid"]
        assert jws.deserialize_compact(forge.good, ECKey.import_key(key), ["ES256"]).payload
