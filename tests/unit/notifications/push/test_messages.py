"""What a browser is pushed."""

import json
from typing import Any
from uuid import UUID

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from app.notifications.channel import Message
from app.notifications.kinds import KINDS, kind_of
from app.notifications.push.base64url import decode_base64url
from app.notifications.push.encryption import MAX_PLAINTEXT_BYTES, BrowserKeys, encrypt, encrypt_with
from app.notifications.push.messages import HANDLING, make_plaintext, make_topic
from app.notifications.texts import Told
from tests.fakes.clock import START

# RFC 8030, section 7.2.
MAX_BODY_BYTES = 4_096


def make_message(occasion: str = "reminder", key: int = 1) -> Message:
    return Message(UUID(int=key), occasion, str(UUID(int=7)), START, {})


def read(title: str, body: str, occasion: str = "reminder") -> dict[str, Any]:
    plaintext = make_plaintext(make_message(occasion), Told(title, body), 3)
    assert len(plaintext) <= MAX_PLAINTEXT_BYTES
    content: dict[str, Any] = json.loads(plaintext)
    return content


class TestAMessage:
    def test_says_what_is_told_and_where_it_leads(self) -> None:
        assert read("Buy milk", "Due today") == {
            "title": "Buy milk",
            "body": "Due today",
            "url": f"/all?task={UUID(int=7)}",
            "tag": "AAAAAAAAAAAAAAAAAAAAAQ",
            "unread": 3,
        }

    @pytest.mark.parametrize(
        ("occasion", "url"),
        [("digest", "/today"), ("security.new-device", "/settings"), ("welcome", "/")],
    )
    def test_leads_to_the_page_of_its_kind(self, occasion: str, url: str) -> None:
        assert read("x", "", occasion)["url"] == url

    def test_has_a_topic_of_its_own_that_rfc_8030_allows(self) -> None:
        topics = {make_topic(make_message(key=key)) for key in (0, 1, 2**128 - 1)}
        assert len(topics) == 3
        assert all(len(topic) <= 32 and set(topic) <= set(URL_ALPHABET) for topic in topics)

    def test_is_handled_by_its_kind(self) -> None:
        assert HANDLING.keys() == set(KINDS)
        assert HANDLING[kind_of("security.new-device")].urgency == "high"
        # More than four weeks is cut by the large push services.
        assert all(0 < handling.ttl_seconds <= 28 * 86_400 for handling in HANDLING.values())


URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class TestALongText:
    def test_is_cut_no_further_than_it_must(self) -> None:
        content = read("Your day", "x" * 10_000)

        assert content["body"].endswith("x…")
        assert len(
            json.dumps({**content, "body": content["body"] + "x"}, ensure_ascii=False, separators=(",", ":")).encode()
        ) == (MAX_PLAINTEXT_BYTES + 1)

    def test_leaves_the_title_alone_as_long_as_the_body_can_give(self) -> None:
        content = read("t" * 500, "b" * 5_000)
        assert content["title"] == "t" * 500
        assert len(content["body"]) > 2_500

    def test_of_which_the_title_is_too_long_as_well_loses_of_both(self) -> None:
        content = read("t" * 5_000, "b" * 5_000)
        assert content["title"].startswith("ttt")
        assert content["title"].endswith("…")

    @given(st.text(max_size=3_000), st.text(max_size=3_000))
    def test_of_any_kind_fits_and_stays_readable(self, title: str, body: str) -> None:
        content = read(title * 4, body * 4)
        assert (title * 4).startswith(content["title"].removesuffix("…"))
        assert (body * 4).startswith(content["body"].removesuffix("…"))


class TestEncryption:
    def test_is_that_of_the_example_in_rfc_8291(self) -> None:
        private = int.from_bytes(decode_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
        point = decode_base64url(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        )
        keys = BrowserKeys(point, decode_base64url("BTBZMqHH6r4Tts7J_aSIgg"))

        body = encrypt_with(
            b"When I grow up, I want to be a watermelon",
            keys,
            ec.derive_private_key(private, ec.SECP256R1()),
            decode_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        )

        assert body == decode_base64url(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
            "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )

    @given(st.binary(min_size=1, max_size=MAX_PLAINTEXT_BYTES), st.binary(min_size=16, max_size=16))
    def test_is_read_by_the_browser_and_fits_into_a_push(self, plaintext: bytes, secret: bytes) -> None:
        private_key = ec.generate_private_key(ec.SECP256R1())
        point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

        body = encrypt(plaintext, BrowserKeys(point, secret))
        assert len(body) <= MAX_BODY_BYTES
        assert http_ece.decrypt(body, private_key=private_key, auth_secret=secret) == plaintext

    def test_is_another_one_each_time(self) -> None:
        point = (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        )
        keys = BrowserKeys(point, bytes(16))
        assert encrypt(b"x", keys) != encrypt(b"x", keys)

    def test_keeps_the_keys_out_of_what_is_printed(self) -> None:
        assert "secret" not in repr(BrowserKeys(b"secret", b"secret"))
