"""A mail server process: aiosmtpd on a loopback port, which keeps mails or fails as a test tells it to.

Port and mails survive `stop()` and `start()`; whoever is connected to it meanwhile is not spared.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REPOSITORY = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
START_SECONDS = 30  # the imports take half a second on an idle machine; test machines are busy


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived: its envelope, what was said with it, and its bytes."""

    sender: str
    recipients: list[str]
    options: list[str]
    is_encrypted: bool
    user: str | None
    content: bytes

    def parse(self) -> EmailMessage:
        """Read it as a mail program does."""
        message = BytesParser(policy=policy.default).parsebytes(self.content)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return message

    @property
    def texts(self) -> tuple[str, str]:
        """What is said, as text and as HTML."""
        text, html = self.parse().iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


@dataclass
class MailServer:
    """Use it as `async with MailServer() as server`.

    `security` is `none`, `starttls` (offered, not demanded) or `tls`; `certificate` a PEM file with key and
    certificate. With a `password`, `user` may sign in; without `starttls` or not, as clients like.
    """

    security: str = "none"
    certificate: Path | None = None
    user: str | None = None
    password: str | None = None
    is_international: bool = True
    port: int | None = field(default=None, init=False)
    mails: list[Mail] = field(default_factory=list, init=False)
    _process: Process | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the process unless it runs, and return when it listens."""
        if self._process is not None:
            return
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, cwd=REPOSITORY, stdin=PIPE, stdout=PIPE, limit=2**24
        )
        answer = await self._ask(
            port=self.port,
            security=self.security,
            certificate=self.certificate and str(self.certificate),
            user=self.user,
            password=self.password,
            is_international=self.is_international,
        )
        self.port = answer["port"]

    async def stop(self) -> None:
        """Kill the process, as a crash would: connections break and new ones are refused."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            await process.wait()
            process._transport.close()  # type: ignore[attr-defined]  # or its pipes would wait for the collector

    async def play(
        self, *, replies: dict[str, str] | None = None, closes_at: str | None = None, hangs_at: str | None = None
    ) -> None:
        """Fail from now on, until told otherwise.

        Steps are CONNECT, MAIL, RCPT, DATA (the content has arrived), AUTH, RSET, QUIT; `replies` has lines by them.
        """
        await self._ask(do="play", replies=replies or {}, closes_at=closes_at, hangs_at=hangs_at)

    async def collect(self) -> list[Mail]:
        """Return every mail that was taken so far."""
        answer = await self._ask(do="collect")
        self.mails += [Mail(**mail | {"content": bytes.fromhex(mail["content"])}) for mail in answer["mails"]]
        return self.mails

    async def connections(self) -> int:
        """Return how often somebody has connected to it since it was started."""
        count: int = (await self._ask(do="count"))["connections"]
        return count

    async def farewells(self) -> int:
        """Return how often somebody has said QUIT since it was started."""
        count: int = (await self._ask(do="count"))["farewells"]
        return count

    async def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(command)}\n".encode())
        async with asyncio.timeout(START_SECONDS):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the mail server has ended; its standard error says why")
        answer: dict[str, Any] = json.loads(line)
        return answer
