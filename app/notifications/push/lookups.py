"""Looking names up in threads of their own: some belong to people who never let their name server answer."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

# The system gives up after ten seconds or more, and nobody can stop it before. As many as pushes are under way.
MAX_LOOKUPS = 32


class TooManyLookupsError(OSError):
    """All threads wait for name servers."""


class SystemNames:
    """Asks the system for addresses.

    The event loop's own threads would do, but others need them, and the end of the process waits for them.
    """

    def __init__(self, limit: int = MAX_LOOKUPS) -> None:
        self._limit = limit
        self._under_way = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, in the order in which to try them. Raises `OSError` or `UnicodeError`."""
        if self._under_way >= self._limit:
            raise TooManyLookupsError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def tell(found: Sequence[str] | Exception) -> None:
            self._under_way -= 1
            if answer.done():  # whoever asked has given up
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def look_up() -> None:
            found = _ask(host, port)
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(tell, found)

        self._under_way += 1
        threading.Thread(target=look_up, name="lookup", daemon=True).start()
        return await answer


def _ask(host: str, port: int) -> Sequence[str] | Exception:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return [str(sockaddr[0]) for *_, sockaddr in found]
