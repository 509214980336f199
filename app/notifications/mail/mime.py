"""Mails as they travel (RFC 5322, RFC 2045 to 2047): no text can begin a header of its own, or another mailbox.

The standard library's writer is not used: it takes text that looks like an encoded word for one, and takes names of
several encoded words apart (docs/decisions/0040).
"""

import base64
import quopri
import re
import unicodedata
from collections.abc import Iterator, Sequence

Header = tuple[str, str]

# RFC 5322, section 2.1.1, without the CR LF.
_LINE_LENGTH = 78
# RFC 2047, section 2, allows 75 characters to an encoded word. Of so many bytes comes one of 64, which leaves room
# for the name of a header ahead of it.
_WORD_BYTES = 39
# What needs no encoding: printable ASCII, unless it looks like an encoded word or could not be folded.
_PLAIN = re.compile(r"[ -~]*")
_UNFOLDABLE = re.compile(r"[^ ]{61}")
# Control characters and separators of lines, of which no header may have any.
_SEPARATORS = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean(text: str) -> str:
    """Return text as one line: each run of white space and control characters becomes a space."""
    spaced = (" " if unicodedata.category(character) in _SEPARATORS else character for character in text)
    return " ".join("".join(spaced).split())


def encode_text(text: str) -> str:
    """Return a line of text as the value of a header such as `Subject`, folded."""
    line = clean(text)
    return _fold(line.split(" ") if _is_plain(line) else list(_encode_words(line)))


def encode_mailbox(name: str, address: str) -> str:
    """Return the one mailbox of a header such as `To`; the address must be fit for it, the name may be anything."""
    line = clean(name)
    if not line:
        return address
    quoted = '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'
    words = [quoted] if _is_plain(line) and len(quoted) < _LINE_LENGTH // 2 else list(_encode_words(line))
    return _fold([*words, f"<{address}>"])


def write_mail(headers: Sequence[Header], text: str, html: str, boundary: str) -> bytes:
    """Return a mail with two forms of the same content (RFC 2046, section 5.1.4), lines ended by CR LF.

    Values of headers are as the functions above return them. `boundary` must not look like quoted-printable text.
    """
    alternatives = f'multipart/alternative; boundary="{boundary}"'
    lines = [
        f"{name}: {value}" for name, value in [*headers, ("MIME-Version", "1.0"), ("Content-Type", alternatives)]
    ]
    parts = [_write_part("plain", text, boundary), _write_part("html", html, boundary)]
    return "\r\n".join([*lines, "", *parts, f"--{boundary}--", ""]).encode()


def _write_part(subtype: str, content: str, boundary: str) -> str:
    encoded = quopri.encodestring(content.encode("utf-8", "replace")).decode("ascii").rstrip("\n")
    return "\r\n".join(
        [
            f"--{boundary}",
            f"Content-Type: text/{subtype}; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            *encoded.split("\n"),
        ]
    )


def _is_plain(line: str) -> bool:
    return _PLAIN.fullmatch(line) is not None and "=?" not in line and _UNFOLDABLE.search(line) is None


def _encode_words(line: str) -> Iterator[str]:
    """Yield encoded words (RFC 2047), none of which ends within a character."""
    chunk = b""
    for character in line:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            yield _encode_word(chunk)
            chunk = b""
        chunk += encoded
    yield _encode_word(chunk)


def _encode_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="


def _fold(words: Sequence[str]) -> str:
    """Join words by spaces, on lines that are not too long; each but the first begins with a space."""
    lines: list[str] = []
    for word in words:
        # The first line has the name of its header ahead of it.
        room = _LINE_LENGTH - (len("Subject: ") if len(lines) == 1 else 1)
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\r\n ".join(lines)
