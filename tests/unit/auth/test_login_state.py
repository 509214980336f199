"""The signed state of a login under way."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.errors import InvalidLoginStateError
from app.auth.oidc.login_state import LOGIN_LIFETIME, LoginState, LoginStateCodec, login_cookie_name
from app.core.clock import to_milliseconds
from tests.fakes.clock import START

SECRET = b"s" * 32


@pytest.fixture
def codec() -> LoginStateCodec:
    return LoginStateCodec(SECRET)


@pytest.fixture
def login() -> LoginState:
    return LoginState.begin("google", "/tasks", START)


def sign(payload: bytes) -> str:
    text = base64.urlsafe_b64encode(payload).decode()
    digest = hmac.digest(SECRET, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class TestALoginState:
    def test_is_read_as_it_was_written(self, codec: LoginStateCodec, login: LoginState) -> None:
        assert codec.decode(codec.encode(login), "google", login.state, START) == login

    def test_fits_into_a_cookie_with_the_longest_path(self, codec: LoginStateCodec, login: LoginState) -> None:
        longest = replace(login, provider="p" * 32, next="/" + '"' * 1_023)
        assert len(codec.encode(replace(longest, next="/" + "x" * 1_023))) < 2_100
        assert len(f"__Host-{login.cookie_name}={codec.encode(longest)}") < 4_096

    def test_expires_after_ten_minutes(self, codec: LoginStateCodec, login: LoginState) -> None:
        cookie, end = codec.encode(login), START + LOGIN_LIFETIME
        assert timedelta(minutes=10) == LOGIN_LIFETIME
        assert codec.decode(cookie, "google", login.state, to_milliseconds(end - timedelta(milliseconds=1)))
        with pytest.raises(InvalidLoginStateError):
            codec.decode(cookie, "google", login.state, end)

    def test_is_drawn_anew_each_time(self) -> None:
        logins = [LoginState.begin("google", "/", START) for _ in range(2)]
        values = {value for login in logins for value in (login.state, login.nonce, login.code_verifier)}
        assert len(values) == 6

    def test_keeps_its_secrets_out_of_logs(self, login: LoginState) -> None:
        for secret in (login.state, login.nonce, login.code_verifier):
            assert secret not in repr(login)

    def test_names_its_cookie_after_the_state(self, login: LoginState) -> None:
        assert login.cookie_name == login_cookie_name(login.state) == f"login-{login.state[:8]}"

    def test_under_a_further_key_is_read(self, login: LoginState) -> None:
        """As by a replica that has not begun to sign with the new key yet, or has begun."""
        old, new = b"o" * 32, b"n" * 32
        before, after = LoginStateCodec(old, new), LoginStateCodec(new, old)
        for writer, reader in ((before, after), (after, before)):
            assert reader.decode(writer.encode(login), "google", login.state, START) == login

    def test_is_signed_with_the_first_key(self, login: LoginState) -> None:
        old, new = b"o" * 32, b"n" * 32
        cookie = LoginStateCodec(new, old).encode(login)
        assert LoginStateCodec(new).decode(cookie, "google", login.state, START) == login
        with pytest.raises(InvalidLoginStateError):
            LoginStateCodec(old).decode(cookie, "google", login.state, START)


class TestAForgery:
    @pytest.mark.parametrize("cookie", [None, "", ".", "x", "x.y", "é.é", "." * 5_000])
    def test_is_refused(self, codec: LoginStateCodec, login: LoginState, cookie: str | None) -> None:
        with pytest.raises(InvalidLoginStateError):
            codec.decode(cookie, "google", login.state, START)

    @given(st.text())
    def test_is_refused_whatever_it_says(self, cookie: str) -> None:
        with pytest.raises(InvalidLoginStateError):
            LoginStateCodec(SECRET).decode(cookie, "google", "state", START)

    def test_under_another_key_is_refused(self, codec: LoginStateCodec, login: LoginState) -> None:
        with pytest.raises(InvalidLoginStateError):
            codec.decode(LoginStateCodec(b"t" * 32).encode(login), "google", login.state, START)

    @pytest.mark.parametrize("state", ["", "x", "é", "\ufffd"])
    def test_with_another_state_is_refused(self, codec: LoginStateCodec, login: LoginState, state: str) -> None:
        with pytest.raises(InvalidLoginStateError):
            codec.decode(codec.encode(login), "google", state, START)

    def test_for_another_provider_is_refused(self, codec: LoginStateCodec, login: LoginState) -> None:
        with pytest.raises(InvalidLoginStateError):
            codec.decode(codec.encode(login), "corp", login.state, START)


class TestAnotherVersionsState:
    @pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"provider": "google", "more": 1}'])
    def test_is_refused_though_it_is_signed(self, codec: LoginStateCodec, login: LoginState, payload: bytes) -> None:
        with pytest.raises(InvalidLoginStateError):
            codec.decode(sign(payload), "google", login.state, START)
