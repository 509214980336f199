"""What a browser is pushed: a small JSON object, which the service worker of the app shows."""

import bisect
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from app.notifications.channel import Message
from app.notifications.kinds import Kind
from app.notifications.pages import find_page
from app.notifications.push.base64url import encode_base64url
from app.notifications.push.encryption import MAX_PLAINTEXT_BYTES
from app.notifications.push.sender import Urgency
from app.notifications.texts import Told

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Handling:
    """How a push service is to treat a kind: how long it keeps it for a browser that is away (RFC 8030, section 5.2),
    and whether it wakes a device that saves its battery (section 5.3).
    """

    ttl_seconds: int
    urgency: Urgency


HANDLING: dict[Kind, Handling] = {
    # Whoever comes back after more than a day finds it in the app.
    "reminder": Handling(_DAY_SECONDS, "high"),
    # It is about one day.
    "digest": Handling(_DAY_SECONDS // 2, "normal"),
    # As long as any of the large push services keeps anything.
    "security": Handling(28 * _DAY_SECONDS, "high"),
    "welcome": Handling(_DAY_SECONDS, "normal"),
}


def make_topic(message: Message) -> str:
    """Return the name under which a repeat replaces a message (22 characters; RFC 8030 allows for 32)."""
    return encode_base64url(message.key.bytes)


def make_plaintext(message: Message, told: Told, unread_count: int) -> bytes:
    """Return `{"title", "body", "url", "tag", "unread"}` in JSON, the texts cut to what a push can carry.

    `url` is where a click leads, within the browser app.
    """
    content: dict[str, Any] = {
        "title": told.title,
        "body": told.body,
        "url": find_page(message),
        "tag": make_topic(message),
        "unread": unread_count,
    }
    for name in ("body", "title"):
        _cut(content, name)
    return to_json(content)


def _cut(content: dict[str, Any], name: str) -> None:
    """Shorten one text as far as it helps, and no further."""

    def is_too_long(length: int) -> bool:
        return len(to_json({**content, name: _shorten(text, length)})) > MAX_PLAINTEXT_BYTES

    text: str = content[name]
    if not is_too_long(len(text)):
        return
    content[name] = _shorten(text, bisect.bisect_left(range(1, len(text)), True, key=is_too_long))


def _shorten(text: str, length: int) -> str:
    return text if length >= len(text) else f"{text[:length].rstrip()}…"
