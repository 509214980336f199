"""Refresh tokens: their text, their successors, and what is stored of them."""

import base64
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.refresh_tokens import InvalidRefreshTokenError, RefreshToken

SALT = bytes(32)


@pytest.fixture
def token() -> RefreshToken:
    return RefreshToken.mint(uuid4(), uuid4())


class TestAToken:
    def test_is_read_as_it_was_written(self, token: RefreshToken) -> None:
        assert RefreshToken.parse(token.encode()) == token
        assert len(token.encode()) == 107

    def test_holds_256_random_bits_of_its_own(self, token: RefreshToken) -> None:
        other = RefreshToken.mint(token.user_id, token.session_id)
        assert len(token.secret) == 32
        assert token.secret != other.secret
        assert token.proof != other.proof

    def test_keeps_its_secrets_out_of_logs(self, token: RefreshToken) -> None:
        shown = repr(token)
        assert str(token.session_id) in shown
        assert "secret" not in shown
        assert "proof" not in shown

    def test_is_stored_as_two_digests(self, token: RefreshToken) -> None:
        assert {len(token.proof_hash), len(token.secret_hash)} == {32}
        assert token.secret not in token.secret_hash + token.proof_hash


class TestItsSuccessor:
    def test_is_the_same_for_everybody_with_the_same_salt(self, token: RefreshToken) -> None:
        again = RefreshToken.parse(token.encode())
        assert token.successor(SALT) == again.successor(SALT)

    def test_differs_with_the_salt_and_with_the_token(self, token: RefreshToken) -> None:
        other = RefreshToken.mint(token.user_id, token.session_id)
        successors = {token.successor(SALT).secret, token.successor(b"1" * 32).secret, other.successor(SALT).secret}
        assert len(successors | {token.secret}) == 4

    def test_belongs_to_the_same_family(self, token: RefreshToken) -> None:
        successor = token.successor(SALT)
        assert (successor.user_id, successor.session_id) == (token.user_id, token.session_id)
        assert successor.proof_hash == token.proof_hash


class TestWhatIsNoToken:
    @pytest.mark.parametrize("text", ["", "A", "AAAA", "A" * 106, "A" * 108, "A" * 107 + "=", "+" * 107, "é" * 107])
    def test_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidRefreshTokenError):
            RefreshToken.parse(text)

    def test_includes_another_spelling_of_a_token(self, token: RefreshToken) -> None:
        text = token.encode()
        raw = base64.urlsafe_b64decode(text + "=")
        spellings = [text[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
        same = [other for other in spellings if other != text and base64.urlsafe_b64decode(other + "=") == raw]
        assert len(same) == 3
        for other in same:
            with pytest.raises(InvalidRefreshTokenError):
                RefreshToken.parse(other)

    @given(st.text(max_size=120))
    def test_never_fails_otherwise(self, text: str) -> None:
        with pytest.raises(InvalidRefreshTokenError):
            RefreshToken.parse(text)
