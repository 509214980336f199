"""The file of an import on the local disk, where it can be read more than once and takes no memory."""

import asyncio
import contextlib
import errno
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO, Self, cast

from app.core.errors import ServiceUnavailableError

# What is written at a time: pieces from the network are smaller, and each write needs a thread.
_WRITE_BYTES = 1_048_576
# What is read at a time, which takes some 50 ms to parse. A thread lets go of the interpreter to read, and has it
# back before another one wakes up: more often than every 5 ms (`sys.getswitchinterval`), and it would keep the event
# loop out to the end of the file.
READ_BYTES = 1_048_576
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class Spool:
    """A temporary file without a name; it is gone when it is closed, or with the process."""

    def __init__(self) -> None:
        file = tempfile.TemporaryFile(buffering=READ_BYTES)  # noqa: SIM115 - closed by `close`
        self.file = cast("BinaryIO", file)
        self.size = 0
        self._hash = hashlib.sha256()

    @classmethod
    async def receive(cls, pieces: AsyncIterator[bytes]) -> Self:
        """Return a file with all that arrives; none is left behind if something goes wrong meanwhile.

        Raises `ServiceUnavailableError` when the disk is full.
        """
        with _telling_of_no_room():
            spool = cls()
        try:
            waiting = bytearray()
            async for piece in pieces:
                waiting += piece
                if len(waiting) >= _WRITE_BYTES:
                    await asyncio.to_thread(spool.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(spool.write, bytes(waiting))
        except BaseException:
            spool.close()
            raise
        return spool

    @property
    def sha256(self) -> bytes:
        """The hash of what was received."""
        return self._hash.digest()

    def write(self, piece: bytes) -> None:
        """Append to the file."""
        with _telling_of_no_room():
            self.file.write(piece)
            self.file.flush()
        self._hash.update(piece)
        self.size += len(piece)

    def close(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):  # what could not be written fails once more
            self.file.close()


@contextlib.contextmanager
def _telling_of_no_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise ServiceUnavailableError("There is no room for the file at the moment.") from error
