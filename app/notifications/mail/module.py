"""The channel of mails, put together."""

import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from app.core.settings import Settings
from app.data.store import Store
from app.notifications.mail.channel import MailChannel
from app.notifications.mail.connections import MailConnections
from app.notifications.mail.letters import Letters


@asynccontextmanager
async def open_mail_channel(
    store: Store, settings: Settings, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Sequence[MailChannel]]:
    """Give the channel, or none where no mail server is set; connections that it keeps are closed in the end.

    `tls` tells whom to trust in place of those whom the system trusts.
    """
    if settings.notifications.mail is None:
        yield ()
        return
    server, sender = settings.notifications.mail
    public_url = settings.http.public_url
    connections = MailConnections(server, _greeting_name(public_url), tls)
    try:
        yield (MailChannel(store, Letters(sender, public_url), connections),)
    finally:
        await connections.close()


def _greeting_name(public_url: str) -> str:
    """Return how we present ourselves: by our name, or by an address in brackets (RFC 5321, section 4.1.3)."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.encode("idna").decode("ascii")
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
