"""No text, whatever is in it, begins a header, a mailbox or a part of its own."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.notifications.mail.mime import clean, encode_mailbox, encode_text, write_mail

BOUNDARY = "=_b"
NAMES = ["From", "To", "Subject", "MIME-Version", "Content-Type"]

# What headers are made of, beside any text there is.
HOSTILE = st.text(st.sampled_from("\r\n\t\x00\x0b\x0c\x1c\x85\u2028 :;,.<>@()[]\\\"'=?_-abBcé漢😀")) | st.lists(
    st.sampled_from(
        [
            "\r\n",
            "\n",
            "Bcc: eve@example.com",
            " ",
            "=?utf-8?q?",
            "?=",
            "=?utf-8?b?DQo=?=",
            "--=_b",
            ".",
            "é",
            '"',
            "\\",
        ]
    )
).map("".join)
TEXT = st.text() | HOSTILE


def write(subject: str = "", name: str = "", text: str = "", html: str = "") -> bytes:
    headers = [
        ("From", encode_mailbox("Taskfleet", "no-reply@tasks.example")),
        ("To", encode_mailbox(name, "ann@example.com")),
        ("Subject", encode_text(subject)),
    ]
    return write_mail(headers, text, html, BOUNDARY)


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def decode(value: str) -> str:
    """What a mail program shows of a header."""
    return str(make_header(decode_header(value.replace("\r\n", ""))))


class TestAnyTextInAHeader:
    @given(subject=TEXT, name=TEXT)
    @example(subject="Buy milk\r\nBcc: eve@example.com", name="Ann\nBcc: eve@example.com")
    @example(subject="=?utf-8?q?Buy=0D=0ABcc:_eve@example.com?=", name="=?utf-8?q?Ann=2C_eve=40example=2Ecom?=")
    @example(subject="漢" * 500, name='ann" <eve@example.com>, "漢')
    @example(subject="x" * 5000, name="x" * 5000)
    def test_makes_no_other_header_and_no_other_mailbox(self, subject: str, name: str) -> None:
        raw = write(subject, name)

        head, _, _ = raw.partition(b"\r\n\r\n")
        message = parse(raw)
        assert message.keys() == NAMES
        assert not message.defects
        assert [mailbox.addr_spec for mailbox in message["To"].addresses] == ["ann@example.com"]
        assert head.isascii()
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", head)

    @given(subject=TEXT)
    @example("=?utf-8?q?Buy?=")
    @example("a" * 70 + " " + "b" * 70)
    def test_is_shown_as_it_is_on_one_line(self, subject: str) -> None:
        # The library's own reader, which undoes the encoding, differs on lone surrogates alone, which no text has.
        assert decode(encode_text(subject)) == clean(subject)

    @given(name=TEXT)
    @example('Ann "the" \\ Great')
    @example("Jürgen, 漢字 <eve@example.com>")
    def test_is_shown_as_it_is_in_a_name(self, name: str) -> None:
        value = encode_mailbox(name, "ann@example.com")

        shown, _, address = value.rpartition("ann@example.com" if not clean(name) else "<ann@example.com>")
        if shown.startswith('"'):
            assert re.sub(r"\\(.)", r"\1", shown.strip()[1:-1]) == clean(name)
        else:
            assert decode(shown.strip()) == clean(name)
        assert address == ""

    @given(subject=TEXT, name=TEXT)
    @example(subject="漢字 " * 100, name="漢字 " * 100)
    @example(subject="x " * 400, name="x " * 400)
    def test_makes_no_long_lines(self, subject: str, name: str) -> None:
        assert all(len(line) <= 78 for line in write(subject, name).split(b"\r\n"))  # RFC 5322, section 2.1.1

    @given(subject=TEXT)
    @example("\U0001f468\u200d\U0001f469" * 50)
    def test_is_encoded_in_words_of_whole_characters(self, subject: str) -> None:
        """RFC 2047, section 5: each is decoded by itself."""
        for word in re.findall(r"=\?\S+\?=", encode_text(subject)):
            assert len(word) <= 75
            (decoded,) = decode_header(word)
            assert isinstance(decoded[0], bytes)
            decoded[0].decode()


class TestAnyTextInABody:
    @given(
        text=st.lists(TEXT.map(clean)).map("\n".join),
        html=st.lists(TEXT.map(clean)).map("\n".join),
    )
    @example(text="--=_b\n--=_b--", html="--=_b")
    @example(text=".\n..\n.", html="From x")
    @example(text="x" * 5000, html="=" * 5000)
    def test_is_shown_as_it_is_and_ends_no_part(self, text: str, html: str) -> None:
        raw = write(text=text, html=html)

        message = parse(raw)
        assert not message.defects
        parts = list(message.iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        contents = [part.get_payload(decode=True) for part in parts]
        assert all(isinstance(content, bytes) for content in contents)
        shown = [content.decode().replace("\r\n", "\n") for content in contents if isinstance(content, bytes)]
        assert [content.rstrip("\n") for content in shown] == [text.rstrip("\n"), html.rstrip("\n")]
        assert raw.isascii()
        assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


class TestTheProperties:
    """The controls: each of them fails for a writer that pays no heed."""

    @pytest.mark.parametrize("subject", ["Buy\r\nBcc: eve@example.com", "Buy\nBcc: eve@example.com"])
    def test_find_a_header_that_was_let_in(self, subject: str) -> None:
        raw = write_mail([("Subject", subject)], "", "", BOUNDARY)

        assert "Bcc" in parse(raw).keys()  # noqa: SIM118 - of a message

    def test_find_a_mailbox_that_was_let_in(self) -> None:
        raw = write_mail([("To", "ann@example.com, eve@example.com <x@example.com>")], "", "", BOUNDARY)

        assert len(parse(raw)["To"].addresses) > 1

    def test_find_a_word_that_would_be_decoded(self) -> None:
        assert decode("=?utf-8?q?Buy?=") != "=?utf-8?q?Buy?="
