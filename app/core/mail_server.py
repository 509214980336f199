"""Where mails are handed over, and in whose name: what the two settings say."""

import re
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.core.setting_values import is_loopback

Security = Literal["tls", "starttls", "none"]

# RFC 8314, section 7.3, and RFC 6409, section 3.1.
_PORTS = {"smtps": 465, "smtp": 587}
# The unquoted form of RFC 5322, section 3.4.1, in ASCII: what every server on the way takes.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_NAME = "Taskfleet"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mails: TLS from the start, TLS by STARTTLS (which must be there then), or none."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtps://user:password@host:port` or `smtp://…?starttls=required|never`; raises `ValueError`.

        User and password may be percent-encoded. On loopback STARTTLS is not asked for unless it is required.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        starttls = options.pop("starttls", None)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
            raise ValueError("must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        if options or starttls not in {None, "required", "never"} or (starttls and parts.scheme == "smtps"):
            raise ValueError("takes one option, which is for smtp alone: starttls=required or starttls=never")
        security = _choose_security(parts.scheme, parts.hostname, starttls)
        username, password = (text and unquote(text, errors="strict") for text in (parts.username, parts.password))
        if _CONTROL.search(f"{username}{password}") or bool(username) != bool(password):
            raise ValueError("must have both a user and a password, without control characters, or neither")
        if password and security == "none" and not is_loopback(parts.hostname):
            raise ValueError("would send the password in clear text; leave out starttls=never")
        return cls(parts.hostname, _read_port(parts), security, username or None, password or None)


def _read_port(parts: SplitResult) -> int:
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:  # whose text may have a part of the password in it
        port = 0
    if port == 0:
        raise ValueError("must have a port from 1 to 65535, or none")
    return port


def _choose_security(scheme: str, host: str, starttls: str | None) -> Security:
    if scheme == "smtps":
        return "tls"
    if starttls is None:
        # Who reads what goes over loopback reads our memory as well, and no certificate is made out to it.
        return "none" if is_loopback(host) else "starttls"
    return "starttls" if starttls == "required" else "none"


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mails go out: a display name and an address in ASCII."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `no-reply@example.com` or `Name <no-reply@example.com>`. Raises `ValueError`."""
        text = text.strip()
        if text.endswith(">"):
            name, _, address = text[:-1].rpartition("<")
        else:
            name, address = "", text
        name = name.strip().removeprefix('"').removesuffix('"')
        if _CONTROL.search(text) or {"<", ">"} & set(name) or not _ADDRESS.fullmatch(address):
            raise ValueError("must look like Taskfleet <no-reply@example.com>")
        return cls(name or _DEFAULT_NAME, address)

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]
