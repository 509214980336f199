"""The cache server (Valkey or Redis) as a child: bounded memory, nothing written to disk."""

import asyncio
import re
from pathlib import Path
from typing import ClassVar

from app.embedded.server import LOOPBACK, EmbeddedServer

# Thousands of users' cached answers; a laptop has one user, the tests a few.
MAX_MEMORY = "64mb"


class EmbeddedCache(EmbeddedServer):
    """A cache server that starts empty; only its log is kept in `data_directory`."""

    title = "cache"
    # It has nothing to save, so it ends at once.
    stop_grace_seconds: ClassVar[float] = 5.0

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def _command(self) -> list[str | Path]:
        return [
            self._binary,
            *("--bind", LOOPBACK, "--port", str(self.port), "--daemonize", "no"),
            *("--dir", self._data_directory),
            *("--save", "", "--appendonly", "no"),
            *("--maxmemory", MAX_MEMORY, "--maxmemory-policy", "allkeys-lfu"),
        ]

    async def _wait_until_ready(self, pid: int) -> bool:
        await self._wait_for_connection()
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        try:
            # An inline command (RESP): no client library is needed to ask who answers.
            writer.write(b"INFO server\r\n")
            answer = await reader.readuntil(b"tcp_port:")
        finally:
            writer.close()
            await writer.wait_closed()
        return re.search(rb"^process_id:%d\r$" % pid, answer, re.MULTILINE) is not None

    def _is_transient(self, return_code: int) -> bool:
        return return_code == 1 and "Failed listening on port" in self._read_log()
