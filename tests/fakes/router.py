"""A stand-in for mongos on the wire: says that it is one, keeps a cluster's catalogue, hands the rest to a mongod."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import Any

import bson

from tests.fakes.cluster import FakeCluster, RefusedError

Document = dict[str, Any]

# MongoDB manual, "MongoDB Wire Protocol".
_HEADER = struct.Struct("<iiii")
_OP_REPLY, _OP_MSG = 1, 2013
_BODY_SECTION = 0
# What a member of a replica set says of itself and a mongos does not.
_MEMBER_FIELDS = (
    "arbiterOnly",
    "electionId",
    "hosts",
    "isreplicaset",
    "lastWrite",
    "me",
    "primary",
    "secondary",
    "setName",
    "setVersion",
    "topologyVersion",
)


class FakeRouter:
    """Listens on a port of its own for as long as its context lasts. It routes nothing: there is one mongod."""

    def __init__(self, cluster: FakeCluster, mongod_port: int) -> None:
        self._cluster = cluster
        self._mongod_port = mongod_port
        self.port = 0

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[None]:
        """Serve clients until the end of the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        mongod, to_mongod = await asyncio.open_connection("127.0.0.1", self._mongod_port)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await _read_message(client)
                answer = self._answer(message)
                if answer is None:
                    to_mongod.write(message)
                    answer = _as_router(await _read_message(mongod))
                to_client.write(answer)
                await to_client.drain()
        for writer in (to_mongod, to_client):
            writer.close()

    def _answer(self, message: bytes) -> bytes | None:
        """Answer what concerns the catalogue, or return None for what mongod is to answer."""
        _, request_id, _, operation = _HEADER.unpack_from(message)
        if operation != _OP_MSG or message[20] != _BODY_SECTION:
            return None
        command = _first_document(message, 21)
        database, name = command.get("$db", ""), next(iter(command))
        try:
            if database == "config" and name == "find":
                found = self._cluster.find(command["find"], command["filter"])
                cursor = {"id": bson.Int64(0), "ns": f"config.{command['find']}", "firstBatch": found}
                return _message(request_id, {"cursor": cursor, "ok": 1.0})
            if name == "createIndexes":
                self._cluster.create_indexes(database, command)
            answer = None if name == "hello" else self._cluster.answer(database, _without_envelope(command))
        except RefusedError as error:
            answer = {"ok": 0.0, "errmsg": str(error), "code": 1, "codeName": "InternalError"}
        return None if answer is None else _message(request_id, answer)


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    return head + await reader.readexactly(int.from_bytes(head, "little") - 4)


def _as_router(message: bytes) -> bytes:
    """Return an answer of mongod as a mongos would give it."""
    _, _, request_id, operation = _HEADER.unpack_from(message)
    start = 36 if operation == _OP_REPLY else 21
    answer = _first_document(message, start)
    if "setName" not in answer:
        return message
    answer = {name: value for name, value in answer.items() if name not in _MEMBER_FIELDS} | {"msg": "isdbgrid"}
    if operation == _OP_MSG:
        return _message(request_id, answer)
    body = message[16:36] + bson.encode(answer)
    return _HEADER.pack(_HEADER.size + len(body), 0, request_id, _OP_REPLY) + body


def _message(request_id: int, document: Document) -> bytes:
    body = struct.pack("<IB", 0, _BODY_SECTION) + bson.encode(document)
    return _HEADER.pack(_HEADER.size + len(body), 0, request_id, _OP_MSG) + body


def _first_document(message: bytes, start: int) -> Document:
    length = int.from_bytes(message[start : start + 4], "little")
    return bson.decode(message[start : start + length])


def _without_envelope(command: Document) -> Document:
    """Return the command without what every command carries: database, session, cluster time, deadline."""
    return {
        name: value
        for name, value in command.items()
        if not name.startswith("$") and name not in {"lsid", "maxTimeMS", "readConcern", "writeConcern"}
    }
