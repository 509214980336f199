"""The OpenID provider of the tests is itself a provider worth testing against."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import ECKey, OctKey

from tests.fakes.openid_provider import (
    GARBAGE,
    INVALID_GRANT,
    SERVER_ERROR,
    IdTokenFault,
    OpenIDProvider,
    slow,
)
from tests.fakes.openid_provider.relying_party import CALLBACK, RelyingParty


@pytest.fixture(scope="module")
async def process() -> AsyncIterator[OpenIDProvider]:
    async with OpenIDProvider() as provider:
        yield provider


@pytest.fixture
async def provider(process: OpenIDProvider) -> OpenIDProvider:
    await process.start()
    await process.reset()
    return process


@pytest.fixture
async def client(provider: OpenIDProvider) -> AsyncIterator[RelyingParty]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield RelyingParty(provider, http)


class TestSigningIn:
    async def test_gives_an_id_token_signed_with_a_published_key(self, client: RelyingParty) -> None:
        claims = await client.id_token_claims()
        assert claims["iss"] == client.provider.issuer
        assert claims["aud"] == client.provider.client_id
        assert claims["nonce"] == "nonce-1"
        assert claims["iat"] <= time.time() < claims["exp"]
        assert (claims["sub"], claims["email"], claims["email_verified"]) == ("ada-1815", "ada@example.org", True)

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    async def test_signs_with_the_algorithm_it_is_told(self, client: RelyingParty, algorithm: str) -> None:
        await client.provider.configure(id_token_algorithm=algorithm)
        id_token = (await client.sign_in())["id_token"]
        assert jwt.decode(id_token, await client.keys(), [algorithm]).claims["sub"] == "ada-1815"

    async def test_returns_the_state_with_the_code(self, client: RelyingParty) -> None:
        assert (await client.authorize(state="mine"))["state"] == "mine"

    async def test_accepts_the_client_secret_in_the_form(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        credentials = {"client_id": client.provider.client_id, "client_secret": client.provider.client_secret}
        assert (await client.token(code, **credentials)).status_code == 200

    async def test_gives_the_user_of_the_moment_of_authorization(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        await client.provider.sign_in_as(sub="grace-1906")
        token = (await client.token(code)).json()
        assert (await client.userinfo(token["access_token"])).json()["sub"] == "ada-1815"
        assert (await client.id_token_claims())["sub"] == "grace-1906"

    async def test_shows_only_what_the_scopes_allow(self, client: RelyingParty) -> None:
        code = (await client.authorize(scope="openid profile"))["code"]
        token = (await client.token(code)).json()
        userinfo = (await client.userinfo(token["access_token"])).json()
        assert userinfo.keys() == {"sub", "name", "picture"}

    @pytest.mark.parametrize("value", [True, "true", 1, None, ["x"], "\x00\ud800"])
    async def test_carries_any_json_as_a_claim(self, client: RelyingParty, value: object) -> None:
        await client.provider.sign_in_as(sub="ada", email_verified=value)
        token = await client.sign_in()
        assert (await client.id_token_claims())["email_verified"] == value
        assert (await client.userinfo(token["access_token"])).json()["email_verified"] == value


class TestABadRequest:
    async def test_refuses_a_wrong_code_verifier(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        answer = await client.token(code, code_verifier=secrets.token_urlsafe(32))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    async def test_refuses_a_missing_code_verifier(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        assert (await client.token(code, code_verifier="")).status_code == 400

    async def test_refuses_a_code_used_before(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        assert (await client.token(code)).status_code == 200
        assert (await client.token(code)).json()["error"] == "invalid_grant"

    async def test_refuses_another_redirect_uri_at_the_token_endpoint(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        assert (await client.token(code, redirect_uri=f"{CALLBACK}/other")).json()["error"] == "invalid_grant"

    async def test_refuses_a_wrong_client_secret(self, client: RelyingParty) -> None:
        code = (await client.authorize())["code"]
        answer = await client.token(code, client_id=client.provider.client_id, client_secret="wrong")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize(
        "changes",
        [
            {"code_challenge": None, "code_challenge_method": None},
            {"code_challenge_method": None},
            {"code_challenge_method": "plain"},
            {"nonce": None},
            {"scope": "openid everything"},
        ],
    )
    async def test_sends_the_user_back_with_an_error(
        self, client: RelyingParty, changes: dict[str, str | None]
    ) -> None:
        back = await client.authorize(**changes)
        assert back["error"] in {"invalid_request", "invalid_scope"}
        assert back["state"] == "state-1"
        assert "code" not in back

    async def test_never_redirects_to_an_unregistered_uri(self, client: RelyingParty) -> None:
        await client.provider.configure(redirect_uris=["https://tasks.example/callback"])
        with pytest.raises(RuntimeError, match="does not redirect: 400"):
            await client.authorize()

    async def test_refuses_userinfo_without_a_known_access_token(self, client: RelyingParty) -> None:
        assert (await client.userinfo("made-up")).status_code == 401
        assert (await client.get("userinfo")).status_code == 401


class TestAMisbehavingProvider:
    async def test_redirects_with_the_error_it_was_told(self, client: RelyingParty) -> None:
        await client.provider.refuse_sign_in()
        assert await client.authorize() == {"error": "access_denied", "state": "state-1"}

    async def test_leaves_the_id_token_out(self, client: RelyingParty) -> None:
        await client.provider.spoil_id_token(IdTokenFault.MISSING)
        assert "id_token" not in await client.sign_in()

    async def test_spoils_single_claims(self, client: RelyingParty) -> None:
        honest = await client.id_token_claims()
        for fault, claim in {
            IdTokenFault.EXPIRED: "exp",
            IdTokenFault.WRONG_ISSUER: "iss",
            IdTokenFault.WRONG_AUDIENCE: "aud",
            IdTokenFault.WRONG_NONCE: "nonce",
            IdTokenFault.MISSING_NONCE: "nonce",
        }.items():
            await client.provider.spoil_id_token(fault)
            assert (await client.id_token_claims()).get(claim) != honest[claim]

    async def test_overrides_and_removes_claims(self, client: RelyingParty) -> None:
        await client.provider.configure(id_token_overrides={"azp": "another-client", "exp": None})
        claims = await client.id_token_claims()
        assert claims["azp"] == "another-client"
        assert "exp" not in claims

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (IdTokenFault.UNKNOWN_KEY, InvalidKeyIdError),
            (IdTokenFault.EMBEDDED_JWK, InvalidKeyIdError),
            (IdTokenFault.FORGED_SIGNATURE, BadSignatureError),
        ],
    )
    async def test_signs_with_keys_that_are_not_published(
        self, client: RelyingParty, fault: IdTokenFault, error: type[Exception]
    ) -> None:
        await client.provider.spoil_id_token(fault)
        with pytest.raises(error):
            await client.id_token_claims()

    async def test_embeds_the_very_key_that_verifies_the_token(self, client: RelyingParty) -> None:
        await client.provider.spoil_id_token(IdTokenFault.EMBEDDED_JWK)
        id_token = (await client.sign_in())["id_token"]
        embedded = jws.extract_compact(id_token.encode()).headers()["jwk"]
        assert jwt.decode(id_token, ECKey.import_key(embedded), ["RS256", "ES256"]).claims["sub"] == "ada-1815"

    async def test_signs_with_the_client_secret(self, client: RelyingParty) -> None:
        await client.provider.spoil_id_token(IdTokenFault.HS256_WITH_CLIENT_SECRET)
        id_token = (await client.sign_in())["id_token"]
        secret = OctKey.import_key(client.provider.client_secret)
        assert jwt.decode(id_token, secret, ["HS256"]).claims["sub"] == "ada-1815"

    async def test_signs_not_at_all(self, client: RelyingParty) -> None:
        await client.provider.spoil_id_token(IdTokenFault.ALG_NONE)
        id_token = (await client.sign_in())["id_token"]
        assert jws.extract_compact(id_token.encode()).headers()["alg"] == "none"
        assert id_token.endswith(".")

    async def test_splits_claims_between_id_token_and_userinfo(self, client: RelyingParty) -> None:
        await client.provider.configure(id_token_claims=[], userinfo_claims=["email"], userinfo_sub="mallory")
        claims = await client.id_token_claims()
        assert claims["sub"] == "ada-1815"
        assert "email" not in claims
        userinfo = await client.userinfo((await client.sign_in())["access_token"])
        assert userinfo.json() == {"sub": "mallory", "email": "ada@example.org"}

    async def test_breaks_its_endpoints(self, client: RelyingParty) -> None:
        await client.provider.break_endpoint("token", INVALID_GRANT)
        assert (await client.token("any")).json() == {"error": "invalid_grant"}
        await client.provider.break_endpoint("discovery", SERVER_ERROR)
        assert (await client.discovery()).status_code == 500
        await client.provider.break_endpoint("jwks", GARBAGE)
        with pytest.raises(ValueError, match="Expecting value"):
            (await client.get("jwks")).json()
        assert (await client.discovery()).status_code == 200

    async def test_is_slower_than_a_client_waits(self, client: RelyingParty) -> None:
        await client.provider.break_endpoint("discovery", slow(60))
        client.http.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            await client.discovery()

    async def test_discovers_another_issuer(self, client: RelyingParty) -> None:
        changes = {"issuer": "https://another-issuer.example", "jwks_uri": None}
        await client.provider.configure(discovery_overrides=changes)
        metadata = (await client.discovery()).json()
        assert metadata["issuer"] == "https://another-issuer.example"
        assert "jwks_uri" not in metadata

    async def test_refuses_controls_it_does_not_know(self, client: RelyingParty) -> None:
        with pytest.raises(ValueError, match="unheard_of"):
            await client.provider.configure(unheard_of=True)


class TestTheLifeOfTheProcess:
    async def test_rotation_publishes_only_the_new_key(self, client: RelyingParty) -> None:
        id_token = (await client.sign_in())["id_token"]
        old = {key.kid for key in await client.keys()}
        await client.provider.rotate_keys()
        assert old.isdisjoint(key.kid for key in await client.keys())
        with pytest.raises(InvalidKeyIdError):
            jwt.decode(id_token, await client.keys(), ["RS256", "ES256"])
        assert (await client.id_token_claims())["sub"] == "ada-1815"

    async def test_refuses_connections_while_stopped(self, client: RelyingParty) -> None:
        await client.provider.stop()
        with pytest.raises(httpx.ConnectError):
            await client.discovery()

    async def test_a_restart_keeps_issuer_keys_and_controls(self, client: RelyingParty) -> None:
        await client.provider.sign_in_as(sub="grace-1906")
        id_token, issuer = (await client.sign_in())["id_token"], client.provider.issuer
        await client.provider.restart()
        assert (await client.discovery()).json()["issuer"] == issuer
        assert jwt.decode(id_token, await client.keys(), ["RS256", "ES256"]).claims["iss"] == issuer
        assert (await client.id_token_claims())["sub"] == "grace-1906"

    async def test_counts_the_requests_of_each_endpoint(self, client: RelyingParty) -> None:
        await client.id_token_claims()
        await client.get("jwks")
        assert await client.provider.request_count("jwks") == 2
        assert await client.provider.request_count("userinfo") == 0
        await client.provider.reset()
        assert await client.provider.request_count("jwks") == 0

    async def test_stops_a_broken_start_with_a_clear_error(self, provider: OpenIDProvider) -> None:
        other = OpenIDProvider()
        other._port = urlsplit(provider.issuer).port
        with pytest.raises(RuntimeError, match="ended before it listened"):
            await other.start()

    async def test_leaves_no_process_behind_a_killed_test_run(self, provider: OpenIDProvider) -> None:
        assert provider._process is not None
        assert provider._process.stdin is not None
        provider._process.stdin.close()
        async with asyncio.timeout(10):
            await provider._process.wait()
