"""A name server on loopback that answers every question for an address (A) with those it is told."""

import socket
import threading
from types import TracebackType
from typing import Self

# RFC 1035, sections 3.2.2 and 4.1.1.
_TYPE_A = 1
_NO_SUCH_NAME = 3
_HEADER_BYTES = 12
_ANSWER_FLAGS = 0x8180


class NameServer:
    """Serves by UDP while the block runs; `addresses` may change at any time."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # An empty message ends the thread.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                return
            self._socket.sendto(self._answer(question), client)

    def _answer(self, message: bytes) -> bytes:
        end = message.index(b"\0", _HEADER_BYTES) + 1
        kind = int.from_bytes(message[end : end + 2], "big")
        addresses = list(self.addresses)
        found = addresses if kind == _TYPE_A else []
        flags = _ANSWER_FLAGS | (0 if addresses else _NO_SUCH_NAME)
        head = message[:2] + b"".join(number.to_bytes(2, "big") for number in (flags, 1, len(found), 0, 0))
        # A pointer to the name that was asked for, class IN, an hour to live, four bytes.
        record = b"\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04"
        return head + message[_HEADER_BYTES : end + 4] + b"".join(record + socket.inet_aton(each) for each in found)
