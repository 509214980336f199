"""A real replica set of three members: the primary, a secondary that follows at once, and one that can be held back.

MongoDB tells drivers nothing of members with `secondaryDelaySecs`, hidden or not, so that no service reads there.
The one that lags is an ordinary secondary, which a fail point keeps from applying what it receives.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK, POLL_SECONDS
from tests.servers import make_mongo

Role = Literal["primary", "prompt", "lagging"]
ROLES: tuple[Role, ...] = get_args(Role)
Address = tuple[str, int]

# Three servers that start, and two that copy from the third, on a machine that is busy.
READY_SECONDS = 60.0
# mongod's fail point in front of each batch of operations that a secondary applies.
_APPLYING = "rsSyncApplyStop"


class Member(EmbeddedMongo):
    """One member, which waits to be told of its set."""

    async def _wait_until_ready(self, pid: int) -> bool:
        await self._wait_for_connection()
        client = connect(self)
        try:
            return int((await client.admin.command("serverStatus"))["pid"]) == pid
        finally:
            await client.close()


def connect(member: EmbeddedMongo) -> AsyncMongoClient[dict[str, Any]]:
    """Return a client of this one member, for what a test arranges and asserts."""
    return AsyncMongoClient(
        f"mongodb://{LOOPBACK}:{member.port}/?directConnection=true&readPreference=secondaryPreferred",
        uuidRepresentation="standard",
        tz_aware=True,
    )


class ReplicaSet:
    """The running set."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._members: dict[Role, EmbeddedMongo] = {}
        self._clients: dict[Role, AsyncMongoClient[dict[str, Any]]] = {}

    def url(self, role: Role | None = None) -> str:
        """The connection string of a service whose replica reads go to a secondary of this role, or to any."""
        members = ",".join(f"{LOOPBACK}:{member.port}" for member in self._members.values())
        # By default a driver leaves out whoever answers 15 ms later than the nearest, which depends on the machine.
        options = "replicaSet=taskfleet&readPreference=secondary&localThresholdMS=60000"
        tags = "" if role is None else f"&readPreferenceTags=role:{role}"
        return f"mongodb://{members}/?{options}{tags}"

    def address(self, role: Role) -> Address:
        """Where a member listens."""
        return LOOPBACK, self._members[role].port

    def client(self, role: Role) -> AsyncMongoClient[dict[str, Any]]:
        """A client of one member."""
        return self._clients[role]

    async def start(self) -> None:
        """Start the members and make a set of them."""
        await asyncio.gather(*(self.start_member(role) for role in ROLES))
        await self._clients["primary"].admin.command("replSetInitiate", self._configuration())
        await self._elect_primary()
        for role in ("prompt", "lagging"):
            await self._wait_for(role, "secondary")

    async def start_member(self, role: Role) -> None:
        """Start a member, again on the port and with the data that it had before."""
        before = self._members.get(role)
        directory = self._directory / role
        member = make_mongo(directory, port=before.port if before else 0, kind=Member)
        self._members[role] = await member.__aenter__()
        if before is None:
            self._clients[role] = connect(member)
        else:
            await self._wait_for(role, "secondary")

    @asynccontextmanager
    async def holding(self, role: Role) -> AsyncIterator[None]:
        """Keep a secondary at what it has while the block runs; it answers all the same."""
        admin = self._clients[role].admin
        held = await admin.command({"configureFailPoint": _APPLYING, "mode": "alwaysOn"})
        try:
            # It comes there once it has applied what it had begun, or after a second without work.
            times = held["count"] + 1
            limit_ms = int(READY_SECONDS * 1000)
            await admin.command({"waitForFailPoint": _APPLYING, "timesEntered": times, "maxTimeMS": limit_ms})
            yield
        finally:
            await admin.command({"configureFailPoint": _APPLYING, "mode": "off"})

    async def kill(self, role: Role) -> None:
        """End a member as a loss of power would."""
        await self._members[role].child.kill()

    def freeze(self, role: Role) -> None:
        """Stop a member in its tracks, with all its connections open."""
        os.kill(self._members[role].child.pid, signal.SIGSTOP)

    def thaw(self, role: Role) -> None:
        """Let a frozen member go on."""
        os.kill(self._members[role].child.pid, signal.SIGCONT)

    async def close(self) -> None:
        """End all members; their data are of no use to anybody."""
        for client in self._clients.values():
            await client.close()
        await asyncio.gather(*(member.child.kill() for member in self._members.values()))

    def _configuration(self) -> dict[str, Any]:
        members = [
            {
                "_id": number,
                "host": f"{LOOPBACK}:{self._members[role].port}",
                "priority": int(role == "primary"),
                "votes": int(role != "lagging"),  # no write waits for that one
                "tags": {"role": role},
            }
            for number, role in enumerate(ROLES)
        ]
        # The one that is held back must not hold back another one, which would copy from it.
        how = {"heartbeatIntervalMillis": 200, "chainingAllowed": False}
        return {"_id": "taskfleet", "members": members, "settings": how}

    async def _elect_primary(self) -> None:
        # By itself the first election happens after the 10 s in which an old primary might call.
        async with asyncio.timeout(READY_SECONDS):
            while not await self._is("primary", "isWritablePrimary"):
                with contextlib.suppress(OperationFailure):  # before the others have heard of the set
                    await self._clients["primary"].admin.command("replSetStepUp")
                await asyncio.sleep(POLL_SECONDS)

    async def _wait_for(self, role: Role, state: str) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while not await self._is(role, state):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(POLL_SECONDS)

    async def _is(self, role: Role, state: str) -> bool:
        try:
            return bool((await self._clients[role].admin.command("hello")).get(state))
        except PyMongoError:
            return False


@asynccontextmanager
async def run_replica_set(directory: Path) -> AsyncIterator[ReplicaSet]:
    """Keep a set for as long as the block runs."""
    replica_set = ReplicaSet(directory)
    try:
        await replica_set.start()
        yield replica_set
    finally:
        await replica_set.close()
