"""The mail server process: takes commands as lines of JSON, answers each, and ends when its standard input does."""

import asyncio
import json
import ssl
import sys
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.fakes.openid_provider.__main__ import listen

Taken = dict[str, Any]


class Script:
    """What the server does, and what it has taken."""

    def __init__(self) -> None:
        self.replies: dict[str, str] = {}
        self.closes_at: str | None = None
        self.hangs_at: str | None = None
        self.mails: list[Taken] = []
        self.connections = 0
        self.farewells = 0

    async def play(self, step: str, close: Callable[[], None]) -> str | None:
        """Return what is answered at a step in place of the ordinary."""
        if self.hangs_at == step:
            await asyncio.Event().wait()
        if self.closes_at == step:
            close()
            await asyncio.Event().wait()
        return self.replies.get(step)


class Handler:
    """The hooks of aiosmtpd, by the names that it looks for."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def _play(self, step: str, server: SMTP) -> str | None:
        return await self._script.play(step, server.transport.abort)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (reply := await self._play("MAIL", server)) is not None:
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (reply := await self._play("RCPT", server)) is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await self._play("RSET", server) or "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._script.farewells += 1
        return await self._play("QUIT", server) or "221 Bye"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if (reply := await self._play("DATA", server)) is not None:
            return reply
        assert isinstance(envelope.content, bytes)
        self._script.mails.append(
            {
                "sender": envelope.mail_from,
                "recipients": envelope.rcpt_tos,
                "options": envelope.mail_options,
                "is_encrypted": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
                "user": session.auth_data,
                "content": envelope.content.hex(),
            }
        )
        return "250 OK"


class Scripted(SMTP):
    """A session that may be over before it has begun."""

    def __init__(self, script: Script, **options: Any) -> None:
        super().__init__(Handler(script), hostname="mail.example", **options)
        self._script = script

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # not a second time, after STARTTLS
            self._script.connections += 1
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        reply = await self._script.play("CONNECT", self.transport.abort)
        if reply is not None:
            await self.push(reply)
            self.transport.close()
            return
        await super()._handle_client()


def make_factory(script: Script, start: dict[str, Any], tls: ssl.SSLContext | None) -> Callable[[], SMTP]:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, proof: Any) -> AuthResult:
        is_right = isinstance(proof, LoginPassword) and (proof.login, proof.password) == (
            start["user"].encode(),
            start["password"].encode(),
        )
        return AuthResult(success=is_right, handled=False, auth_data=start["user"])

    options: dict[str, Any] = {
        "tls_context": tls if start["security"] == "starttls" else None,
        "enable_SMTPUTF8": start["is_international"],
        "auth_require_tls": False,
    }
    if start["user"] is not None:
        options["authenticator"] = authenticate
    return lambda: Scripted(script, loop=asyncio.get_running_loop(), **options)


def obey(script: Script, command: dict[str, Any]) -> dict[str, Any]:
    match command.pop("do"):
        case "play":
            vars(script).update(command)
            return {}
        case "collect":
            mails, script.mails = script.mails, []
            return {"mails": mails}
        case _:
            return {"connections": script.connections, "farewells": script.farewells}


async def main() -> None:
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    start = json.loads(await lines.readline())
    tls = None
    if start["certificate"] is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(start["certificate"])
    script = Script()
    listener = listen(start["port"])
    implicit = tls if start["security"] == "tls" else None
    await loop.create_server(make_factory(script, start, tls), sock=listener, ssl=implicit)
    sys.stdout.write(json.dumps({"port": listener.getsockname()[1]}) + "\n")
    sys.stdout.flush()
    while line := await lines.readline():
        sys.stdout.write(json.dumps(obey(script, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
