"""Connections to the mail server: a few, used for one mail after another, and closed when nobody needs them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiosmtplib import SMTP, SMTPException

from app.core.errors import ServiceUnavailableError
from app.core.mail_server import MailServer

# Servers take some dozen from one client (50 by default in Postfix); there may be several workers.
MAX_CONNECTIONS = 8
# Where mails go out all the time, connections are kept by that; else one is soon in a server's way.
IDLE_SECONDS = 10.0
_QUIT_SECONDS = 1.0
# Of the 40 s that a delivery may take: waiting for others, then opening a connection and sending. The rest is for the
# database. Who hangs up while the server looks through a mail sends it twice (RFC 5321, section 4.5.3.2.6, would wait
# for ten minutes): servers that greylist or filter take up to half a minute.
WAIT_SECONDS = 3.0
SEND_SECONDS = 36.0


class MailConnections:
    """Lends connections that are ready for a mail. `tls` tells whom to trust; by default whom the system trusts."""

    def __init__(self, server: MailServer, greeting_name: str, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._greeting_name = greeting_name
        # Made once: reading the system's certificates takes some 20 ms.
        self._tls = tls or (None if server.security == "none" else ssl.create_default_context())
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[SMTP] = []
        self._timers: dict[SMTP, asyncio.TimerHandle] = {}
        self._quitting: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[SMTP]:
        """Lend a connection, which is kept if it is still good in the end; what goes wrong ends it.

        Raises what aiosmtplib raises, `OSError` or `ssl.SSLError`; `TimeoutError` at the deadline, which is that of
        opening and borrowing together; `ServiceUnavailableError` while all connections are in use.
        """
        async with self._slot(), asyncio.timeout(SEND_SECONDS):
            client = await self._take() or await self._open()
            try:
                yield client
            except BaseException:
                client.close()
                raise
            self._keep(client)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Wait for as long as others may be about to finish; what waits longer is nothing to blame a mail for."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise ServiceUnavailableError("All connections to the mail server are in use.") from None
        try:
            yield
        finally:
            self._slots.release()

    async def close(self) -> None:
        """Say goodbye to the server."""
        for client in [*self._idle]:
            self._timers[client].cancel()
            self._drop(client)
        await asyncio.gather(*self._quitting)

    async def _take(self) -> SMTP | None:
        """Return a connection that was used before, if one still answers."""
        while self._idle:
            client = self._idle.pop()
            self._timers.pop(client).cancel()
            try:
                await client.rset()
            except SMTPException:  # closed by the server meanwhile, as it may
                client.close()
            except BaseException:
                client.close()
                raise
            else:
                return client
        return None

    async def _open(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._greeting_name,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._tls,
            timeout=None,  # the deadline is that of the whole delivery
        )
        await client.connect()
        return client

    def _keep(self, client: SMTP) -> None:
        if client.is_connected:
            self._idle.append(client)
            loop = asyncio.get_running_loop()
            self._timers[client] = loop.call_later(IDLE_SECONDS, self._drop, client)

    def _drop(self, client: SMTP) -> None:
        self._idle.remove(client)
        del self._timers[client]
        quitting = asyncio.create_task(_quit(client))
        self._quitting.add(quitting)
        quitting.add_done_callback(self._quitting.discard)


async def _quit(client: SMTP) -> None:
    """End a connection as RFC 5321, section 4.1.1.10, asks for; servers log, and some count, those that just go."""
    with suppress(SMTPException, TimeoutError):
        async with asyncio.timeout(_QUIT_SECONDS):
            await client.quit()
    client.close()
