"""Letters: what is said in a mail, as text and as HTML, and who is told so."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from app.core.mail_server import Sender
from app.notifications.channel import Message, PermanentDeliveryError, Recipient
from app.notifications.kinds import Kind, kind_of
from app.notifications.mail.mime import Header, clean, encode_mailbox, encode_text, write_mail
from app.notifications.mail.unsubscribe_token import UnsubscribeToken, page_path, post_path
from app.notifications.pages import find_page
from app.notifications.texts import Told, tell

# Longer ones are cut in all lists of mails; the whole title is in the text.
_MAX_SUBJECT_LENGTH = 150
_MAX_NAME_LENGTH = 80
# What can stand between angle brackets in a header and in SMTP; stricter than either.
_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,\"]+@[A-Za-z0-9.-]+")

_ACTIONS: dict[Kind, str] = {
    "reminder": "Open the task",
    "digest": "Open your tasks",
    "security": "Look at your devices",
    "welcome": "Open Taskfleet",
}
_REASONS: dict[Kind, str] = {
    "reminder": "You get this mail because you asked to be reminded of tasks by mail.",
    "digest": "You get this mail because you asked for a daily digest.",
    "security": "Mails about the security of your account cannot be turned off.",
    "welcome": "You get this mail because somebody signed in with this address for the first time.",
}
_TO_UNSUBSCRIBE: dict[Kind, str] = {"reminder": "No more reminders by mail", "digest": "No more digests by mail"}

_FONT = "font-family:system-ui,sans-serif;font-size:16px;line-height:1.5"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail with its envelope. An international one needs a server that takes addresses beyond ASCII (RFC 6531)."""

    sender: str
    recipient: str
    content: bytes
    is_international: bool


@dataclass(frozen=True, slots=True)
class _Link:
    label: str
    url: str


class Letters:
    """Writes letters in the name of an installation; `public_url` is what its links begin with."""

    def __init__(self, sender: Sender, public_url: str) -> None:
        self._sender = sender
        self._public_url = public_url

    def write(
        self, message: Message, recipient: Recipient, email: str, token: UnsubscribeToken | None, now: datetime
    ) -> Letter:
        """Write a letter to an address; `token` is there where such mails can be stopped.

        Raises `PermanentDeliveryError` for an address that no mail can be sent to.
        """
        if not _ADDRESS.fullmatch(email):
            raise PermanentDeliveryError("the address cannot be written in a mail")
        told, kind = tell(message, recipient.timezone), kind_of(message.occasion)
        links = self._link(kind, find_page(message), token)
        content = write_mail(
            [*self._address(recipient, email, told, now), *self._mark(message, token)],
            _write_text(told, kind, links),
            _write_html(told, kind, links),
            boundary=f"=_{message.key.hex}",
        )
        return Letter(self._sender.address, email, content, is_international=not email.isascii())

    def _address(self, recipient: Recipient, email: str, told: Told, now: datetime) -> Sequence[Header]:
        return [
            ("From", encode_mailbox(self._sender.name, self._sender.address)),
            ("To", encode_mailbox(recipient.name[:_MAX_NAME_LENGTH], email)),
            ("Subject", encode_text(_shorten(clean(told.title)))),
            ("Date", format_datetime(now)),
        ]

    def _mark(self, message: Message, token: UnsubscribeToken | None) -> Sequence[Header]:
        """What programs read: the same id whenever it is sent again, that no answer is due, how to stop it."""
        marks = [
            ("Message-ID", f"<{message.key}@{self._sender.domain}>"),
            ("Auto-Submitted", "auto-generated"),  # RFC 3834, section 5
        ]
        if token is not None:  # RFC 8058, section 3.1
            marks.append(("List-Unsubscribe", f"<{self._public_url}{post_path(token.encode())}>"))
            marks.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        return marks

    def _link(self, kind: Kind, page: str, token: UnsubscribeToken | None) -> Sequence[_Link]:
        links = [_Link(_ACTIONS[kind], self._public_url + page)]
        if token is not None:
            links.append(_Link("How you are notified", f"{self._public_url}/settings/notifications"))
            links.append(_Link(_TO_UNSUBSCRIBE[kind], self._public_url + page_path(token.encode())))
        return links


def _shorten(line: str) -> str:
    return line if len(line) <= _MAX_SUBJECT_LENGTH else f"{line[: _MAX_SUBJECT_LENGTH - 1]}…"


def _write_text(told: Told, kind: Kind, links: Sequence[_Link]) -> str:
    action, *others = links
    lines = [clean(told.title), "", *_lines_of(told), "", f"{action.label}: {action.url}", ""]
    # What mail programs know as the beginning of a signature.
    lines += ["-- ", _REASONS[kind], *(f"{link.label}: {link.url}" for link in others)]
    return "\n".join(lines)


def _write_html(told: Told, kind: Kind, links: Sequence[_Link]) -> str:
    title = html.escape(clean(told.title))
    action, *others = (f'<a href="{html.escape(link.url)}">{html.escape(link.label)}</a>' for link in links)
    footer = "<br>\n".join([html.escape(_REASONS[kind]), *others])
    body = [f'<p dir="auto">{html.escape(line)}</p>' for line in _lines_of(told)]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f"<title>{title}</title>\n</head>",
            f'<body style="{_FONT}">',
            f'<h1 dir="auto" style="font-size:20px">{title}</h1>',
            *body,
            f"<p>{action}</p>",
            f'<hr>\n<p style="font-size:13px">{footer}</p>\n</body>\n</html>',
        ]
    )


def _lines_of(told: Told) -> Sequence[str]:
    return [clean(line) for line in told.body.split("\n") if clean(line)]
