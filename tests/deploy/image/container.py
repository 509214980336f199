"""Runs a command in an image as an engine would: as its first process and account, read-only, with a /tmp."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.embedded.child import ChildProcess
from tests.deploy.image.images import Image
from tests.deploy.programs import require_program
from tests.waiting import until

# A process takes as long to end as its last request, and a machine that is busy longer.
END_SECONDS = 30.0

# Arguments: the image's files, what is to be at /mnt, the programs `chroot` and `setpriv`, account, directory.
_ENTER = """
set -e
root=$1 share=$2 chroot=$3 setpriv=$4 account=$5 directory=$6
shift 6
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$share" "$root/mnt"
mount -o remount,bind,ro "$root/mnt"
mount -o remount,bind,ro "$root"
exec "$setpriv" --no-new-privs "$chroot" --userspec="$account" --groups= "$root" env -C "$directory" "$@"
"""


class Container:
    """A running command."""

    def __init__(self, child: ChildProcess, log: Path) -> None:
        self._child = child
        self._log = log

    @property
    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def first_process(self) -> int:
        """The id, out here, of the process that has the id 1 in there."""
        return self.children(self._child.pid)[0]

    def children(self, process: int) -> list[int]:
        """Return the ids of the processes that a process has started."""
        return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]

    def signal(self, number: int) -> None:
        """Tell the first process something."""
        os.kill(self.first_process, number)

    async def wait(self) -> int:
        """Return the status with which it ended."""
        await until(self._child.exited.done)
        return self._child.exited.result()


@asynccontextmanager
async def start(
    image: Image,
    directory: Path,
    *arguments: str,
    entrypoint: list[str] | None = None,
    user: str | None = None,
    **variables: str,
) -> AsyncIterator[Container]:
    """Run the image's command with these arguments while the block runs; `directory` is at /mnt, and has the log."""
    configuration = image.configuration
    environment = dict(line.split("=", 1) for line in configuration["Env"])
    log = directory.with_name(f"{directory.name}.log")
    # Engines hand over an output that its account may open again, as Nginx does.
    log.touch()
    log.chmod(0o666)
    programs = [require_program("chroot", "coreutils"), require_program("setpriv", "util-linux")]
    child = await ChildProcess.start(
        "container",
        [
            require_program("unshare", "util-linux"),
            *("--mount", "--pid", "--fork", "--kill-child=KILL"),
            *("/bin/sh", "-c", _ENTER, "enter", str(image.root), str(directory), *programs),
            *(user or configuration["User"], configuration["WorkingDir"]),
            *(configuration["Entrypoint"] if entrypoint is None else entrypoint),
            *arguments,
        ],
        log_file=log,
        environment=environment | variables,
    )
    try:
        yield Container(child, log)
    finally:
        await child.stop(END_SECONDS)


async def run(image: Image, directory: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run the image's command to its end; return its status and what it said."""
    async with start(image, directory, *arguments, **variables) as container:
        return await container.wait(), container.log
