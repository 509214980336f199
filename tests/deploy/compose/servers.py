"""Servers of docker-compose.yml that run here, with the very options that stand there."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app.core.settings import EmbeddedSettings
from app.embedded.binaries import MONGOD, find_server
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK
from tests.architecture.documents import ROOT
from tests.deploy.compose.stack import Service

MAKE_SECRETS = ROOT / "docker" / "make-secrets"
INITIALISE = ROOT / "docker" / "initialise_mongo.py"


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and what it said."""

    status: int
    output: str
    errors: str


class ComposeMongo(EmbeddedMongo):
    """A mongod as a service starts it, but for its place: port, address, directory and where the key is."""

    def __init__(self, service: Service, directory: Path, secrets: Path, *, port: int = 0) -> None:
        super().__init__(find_server(MONGOD, EmbeddedSettings().mongod_binary), directory, port=port)
        self._options: list[str] = service["command"]
        self._keyfile = secrets / "mongo" / "keyfile"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{LOOPBACK}:{self.port}"

    def _command(self) -> list[str | Path]:
        places = {
            "--port": f"--port={self.port}",
            "--bind_ip_all": f"--bind_ip={LOOPBACK}",
            "--dbpath": f"--dbpath={self._database_directory}",
            "--keyFile": f"--keyFile={self._keyfile}",
        }
        return [self._binary, *(places.get(option.partition("=")[0], option) for option in self._options)]

    async def _wait_until_ready(self, pid: int) -> bool:
        await self._wait_for_connection()
        return True


async def run(*command: str | Path, **environment: str) -> Outcome:
    """Run a program to its end, with these variables beside those of this process."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return Outcome(process.returncode or 0, output.decode(), errors.decode())


async def make_secrets(directory: Path, **environment: str) -> Outcome:
    """Make the secrets of an installation, as the service `secrets` does."""
    return await run(MAKE_SECRETS, directory, **environment)


async def initialise(secrets: Path, *arguments: str, patience_seconds: float = 60) -> Outcome:
    """Do what the services `init-mongo` and `init-sharded` do."""
    variables = {"SECRETS": str(secrets / "mongo"), "PATIENCE_SECONDS": str(patience_seconds)}
    return await run(sys.executable, INITIALISE, *arguments, **variables)


def as_server(server: ComposeMongo, secrets: Path) -> MongoClient[dict[str, Any]]:
    """Return a client that may do what servers of a cluster may do with each other."""
    key = (secrets / "mongo" / "keyfile").read_text(encoding="ascii")
    return MongoClient(
        f"mongodb://{server.address}/?directConnection=true",
        username="__system",
        password="".join(key.split()),
        authSource="local",
    )
