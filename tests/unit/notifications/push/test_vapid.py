"""The signature by which push services know this installation."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.core.settings import SettingsError
from app.core.signing_keys import generate_signing_key
from app.notifications.push.base64url import decode_base64url, encode_base64url
from app.notifications.push.vapid import VapidKey, choose_subject
from tests.fakes.clock import START
from tests.fakes.push_service.vapid import RefusedError, check_authorization

ORIGIN = "https://push.example.com"
NOW = START.timestamp()


@pytest.fixture
def key() -> VapidKey:
    return VapidKey(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.com")


class TestAnAuthorisation:
    def test_satisfies_rfc_8292(self, key: VapidKey) -> None:
        check_authorization(key.authorise(ORIGIN, START), ORIGIN, NOW, key.public_key)

    @pytest.mark.parametrize("origin", ["http://127.0.0.1:4711", "http://localhost", "https://push.example.com:8443"])
    def test_is_for_any_origin_that_an_endpoint_can_have(self, key: VapidKey, origin: str) -> None:
        check_authorization(key.authorise(origin, START), origin, NOW, key.public_key)

    def test_is_for_one_push_service_alone(self, key: VapidKey) -> None:
        with pytest.raises(RefusedError, match="audience"):
            check_authorization(key.authorise(ORIGIN, START), "https://other.example.com", NOW, key.public_key)

    @pytest.mark.parametrize("hours", [-13, 13])
    def test_is_for_hours(self, key: VapidKey, hours: int) -> None:
        now = (START + timedelta(hours=hours)).timestamp()
        with pytest.raises(RefusedError, match="expired"):
            check_authorization(key.authorise(ORIGIN, START), ORIGIN, now, key.public_key)

    def test_of_another_key_is_known_as_such(self, key: VapidKey) -> None:
        other = VapidKey(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.com")
        header = other.authorise(ORIGIN, START)
        with pytest.raises(RefusedError, match="another key"):
            check_authorization(header, ORIGIN, NOW, key.public_key)
        forged = header.replace(other.public_key, key.public_key)
        with pytest.raises(RefusedError, match="signature"):
            check_authorization(forged, ORIGIN, NOW, key.public_key)


class TestTheContact:
    @pytest.mark.parametrize(
        ("mail_from", "subject"),
        [
            ("tasks@example.com", "mailto:tasks@example.com"),
            ("Taskfleet <tasks@example.com>", "mailto:tasks@example.com"),
            (None, "https://tasks.example"),
            # A name that other readers take for another sender, or for two.
            ("Ann, of bob@example.org <tasks@example.com>", "mailto:tasks@example.com"),
            ('"Tasks (at work)" <tasks@example.com>', "mailto:tasks@example.com"),
        ],
    )
    def test_is_the_sender_of_mails_or_else_the_site(self, mail_from: str | None, subject: str) -> None:
        assert choose_subject(mail_from, "https://tasks.example") == subject


class TestAKeyFile:
    def test_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "vapid-key.pem"
        generate_signing_key(path)
        key = VapidKey.load(path, "mailto:ops@example.com")

        check_authorization(key.authorise(ORIGIN, START), ORIGIN, NOW, key.public_key)

    def test_that_is_none_is_told_in_one_line(self, tmp_path: Path) -> None:
        path = tmp_path / "vapid-key.pem"
        with pytest.raises(SettingsError, match=r"vapid-key\.pem cannot be read"):
            VapidKey.load(path, "mailto:ops@example.com")
        path.write_text("no key")
        with pytest.raises(SettingsError, match=r"vapid-key\.pem is not"):
            VapidKey.load(path, "mailto:ops@example.com")


class TestBase64url:
    @pytest.mark.parametrize("content", [b"", b"\xff", b"\xfb\xff", b"\x00" * 65])
    def test_is_read_as_it_was_written(self, content: bytes) -> None:
        text = encode_base64url(content)
        assert "=" not in text
        assert decode_base64url(text) == content

    @pytest.mark.parametrize("text", ["a+b/", "a b", "a\n", "a", "é", "a===", "=a"])
    def test_refuses_what_it_never_writes(self, text: str) -> None:
        with pytest.raises(ValueError, match="base64url"):
            decode_base64url(text)
