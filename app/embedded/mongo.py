"""mongod as a child: the one member of a replica set, which transactions and change streams need."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from app.data.replica_set import OnlyMember
from app.embedded.server import LOOPBACK, EmbeddedServer

# mongod's exit codes (src/mongo/util/exit_code.h): the port is taken; an exception at the start, such as a data
# directory that another mongod holds.
EXIT_PORT_TAKEN = 48
EXIT_STARTUP_EXCEPTION = 100

# WiredTiger takes half of the memory unless told otherwise; a quarter of a GB is the least that it accepts.
SMALLEST_CACHE_GB = 0.25

# What a process that died left open keeps its user's documents locked for so long (the default is a minute); we
# ourselves give a transaction up after 7 s.
TRANSACTION_LIFETIME_SECONDS = 10

# WiredTiger sets three journal files of 100 MB aside unless told otherwise: much for a laptop, and more for tests
# that start a hundred servers.
JOURNAL = "log=(prealloc=false,file_max=16MB)"

# Nobody replicates from this member, so its operation log need not reach far back (the default is 5 % of the disk).
OPLOG_SIZE_MB = 256


class EmbeddedMongo(EmbeddedServer):
    """A one-node replica set in `data_directory`; the data survive restarts, other ports and kill -9."""

    title = "mongod"
    # A clean end takes about a second; a checkpoint of a full cache on a slow disk takes longer.
    stop_grace_seconds: ClassVar[float] = 20.0

    def __init__(
        self,
        binary: Path,
        data_directory: Path,
        *,
        port: int = 0,
        replica_set: str = "taskfleet",
        cache_size_gb: float = SMALLEST_CACHE_GB,
        parameters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`parameters` are mongod's `--setParameter` pairs, such as `{"enableTestCommands": "1"}`."""
        super().__init__(binary, data_directory, port=port)
        self.replica_set = replica_set
        self._cache_size_gb = cache_size_gb
        self._parameters = {
            "diagnosticDataCollectionEnabled": "false",
            "transactionLifetimeLimitSeconds": str(TRANSACTION_LIFETIME_SECONDS),
            **parameters,
        }

    @property
    def url(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}/?replicaSet={self.replica_set}"

    @property
    def _database_directory(self) -> Path:
        return self._data_directory / "db"

    @property
    def _directories(self) -> tuple[Path, ...]:
        return (self._data_directory, self._database_directory)

    def _command(self) -> list[str | Path]:
        parameters = [f"--setParameter={name}={value}" for name, value in self._parameters.items()]
        return [
            self._binary,
            *("--dbpath", self._database_directory),
            *("--bind_ip", LOOPBACK, "--port", str(self.port), "--nounixsocket"),
            *("--replSet", self.replica_set, "--oplogSize", str(OPLOG_SIZE_MB)),
            *("--wiredTigerCacheSizeGB", str(self._cache_size_gb), "--wiredTigerEngineConfigString", JOURNAL),
            "--quiet",
            *parameters,
        ]

    async def _wait_until_ready(self, pid: int) -> bool:
        await self._wait_for_connection()
        async with OnlyMember(f"{LOOPBACK}:{self.port}", self.replica_set) as member:
            if not await member.is_process(pid):
                return False
            await member.become_primary()
        return True

    def _is_transient(self, return_code: int) -> bool:
        return return_code == EXIT_PORT_TAKEN or (
            return_code == EXIT_STARTUP_EXCEPTION and "DBPathInUse" in self._read_log()
        )
