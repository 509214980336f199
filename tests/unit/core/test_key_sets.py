"""What of a published key set may verify access tokens."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.access_tokens import SigningKey
from app.core.key_sets import MAX_KEYS, InvalidKeySetError, read_key_set


def make_key() -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    return SigningKey(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


KEY, OTHER = make_key(), make_key()
GOOD = dict(KEY.public_jwk)


def encode(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def rsa_key() -> dict[str, Any]:
    numbers = rsa.generate_private_key(65_537, 2048).public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(256)).rstrip(b"=").decode()
    return {"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "rsa", "use": "sig", "alg": "RS256"}


# The private part is any text: that there is one is what counts.
UNUSABLE: dict[str, Any] = {
    "of another kind": rsa_key(),
    "that is symmetric": {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "use": "sig", "alg": "HS256"},
    "on another curve": GOOD | {"crv": "P-384"},
    "for encryption": GOOD | {"use": "enc"},
    "for any use": without("use"),
    "for another algorithm": GOOD | {"alg": "ES384"},
    "for any algorithm": without("alg"),
    "without an id": without("kid"),
    "with an id that is no text": GOOD | {"kid": 7},
    "with a long id": GOOD | {"kid": "k" * 129},
    "with an empty id": GOOD | {"kid": ""},
    "without a coordinate": without("y"),
    "with a short coordinate": GOOD | {"x": "AAAA"},
    "with a coordinate that is no text": GOOD | {"x": 5},
    "with a coordinate in another alphabet": GOOD | {"x": "+" * 43},
    "beside the curve": GOOD | {"y": encode(1)},
    "at infinity": GOOD | {"x": encode(0), "y": encode(0)},
    "with a coordinate beyond the field": GOOD | {"x": encode(2**256 - 1)},
    "with its private part": GOOD | {"d": "A" * 43},
    "that is no object": "key",
}


class TestAKeySet:
    def test_has_the_keys_by_their_ids(self) -> None:
        found = read_key_set({"keys": [dict(KEY.public_jwk), dict(OTHER.public_jwk)]})

        assert found == {KEY.key_id: KEY.public_jwk, OTHER.key_id: OTHER.public_jwk}

    @pytest.mark.parametrize("name", UNUSABLE)
    def test_is_read_without_a_key(self, name: str) -> None:
        assert read_key_set({"keys": [UNUSABLE[name], dict(OTHER.public_jwk)]}).keys() == {OTHER.key_id}

    @pytest.mark.parametrize("name", UNUSABLE)
    def test_of_nothing_else_is_refused_with_a_key(self, name: str) -> None:
        with pytest.raises(InvalidKeySetError, match="no key that verifies"):
            read_key_set({"keys": [UNUSABLE[name]]})

    def test_keeps_nothing_of_a_key_that_is_not_asked_for(self) -> None:
        more = {"x5u": "https://evil.example/", "key_ops": ["sign"], "x5c": ["MII"]}

        assert read_key_set({"keys": [GOOD | more]}) == {KEY.key_id: GOOD}

    @pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": []}, GOOD])
    def test_that_is_none_is_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(InvalidKeySetError):
            read_key_set(document)

    def test_with_two_keys_of_one_id_is_refused(self) -> None:
        with pytest.raises(InvalidKeySetError, match="same id"):
            read_key_set({"keys": [GOOD, dict(OTHER.public_jwk) | {"kid": KEY.key_id}]})

    def test_with_very_many_keys_is_refused(self) -> None:
        keys = [GOOD | {"kid": f"key-{number}"} for number in range(MAX_KEYS + 1)]

        assert len(read_key_set({"keys": keys[1:]})) == MAX_KEYS
        with pytest.raises(InvalidKeySetError, match="more than"):
            read_key_set({"keys": keys})

    # How fast a busy machine makes its examples is no property of the code.
    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.dictionaries(st.sampled_from([*GOOD, "d"]), st.none() | st.integers() | st.text(max_size=50)))
    def test_of_whatever_content_is_read_or_refused(self, key: dict[str, Any]) -> None:
        assert read_key_set({"keys": [key, dict(OTHER.public_jwk)]}).keys() >= {OTHER.key_id}
