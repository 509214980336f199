"""Makes a lone mongod the primary of its own replica set, whatever port it had before."""

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

# MongoDB's error code (src/mongo/base/error_codes.yml) for "no replica set configuration has been received".
NOT_YET_INITIALIZED = 94

# An admin command to a server on this machine; it may have to wait for the first write of a new data directory.
COMMAND_TIMEOUT_MS = 10_000

POLL_SECONDS = 0.02


class OnlyMember:
    """The only member of a replica set, addressed directly as `host:port`; an async context manager."""

    def __init__(self, address: str, replica_set: str) -> None:
        self._address = address
        self._replica_set = replica_set
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            f"mongodb://{address}/", directConnection=True, timeoutMS=COMMAND_TIMEOUT_MS
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def is_process(self, pid: int) -> bool:
        """Whether the server that answers at the address is this process."""
        try:
            status = await self._client.admin.command("serverStatus")
        except PyMongoError:
            return False  # ours neither asks for credentials nor speaks another protocol
        return int(status["pid"]) == pid

    async def become_primary(self) -> None:
        """Return when the member accepts writes under this address; the caller sets the deadline.

        A new member is initiated. One whose configuration names another address (its port was taken since)
        finds itself in no replica set, and is reconfigured by force, which keeps all data.
        """
        while True:
            # An election or a reconfiguration may drop connections and refuse commands for a moment.
            with contextlib.suppress(PyMongoError):
                if await self._is_primary():
                    return
            await asyncio.sleep(POLL_SECONDS)

    async def _is_primary(self) -> bool:
        hello = await self._client.admin.command("hello")
        if "setName" not in hello:
            await self._configure()
        return bool(hello["isWritablePrimary"]) and hello.get("me") == self._address

    async def _configure(self) -> None:
        try:
            answer = await self._client.admin.command("replSetGetConfig")
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            await self._initiate()
            return
        configuration = answer["config"]
        configuration["version"] += 1
        configuration["members"] = [{"_id": 0, "host": self._address}]
        await self._client.admin.command("replSetReconfig", configuration, force=True)

    async def _initiate(self) -> None:
        member = {"_id": 0, "host": self._address}
        await self._client.admin.command("replSetInitiate", {"_id": self._replica_set, "members": [member]})
