"""The base images that the Dockerfile names, made here of Debian's packages: no registry is asked."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.architecture.documents import ROOT
from tests.deploy.programs import require_file, require_program

# What Debian's `slim` images leave out, and what debootstrap leaves behind: its lists and this machine's name.
LEFT_OUT = (
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./etc/hostname",
    "./etc/resolv.conf",
)
# A program that asks whether servers may be started, and says no (Debian's policy-rc.d).
REFUSING = "#!/bin/sh\nexit 101\n"
TRUSTED_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


class CommandError(Exception):
    """A program failed; the message is the end of what it said."""


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a program and return its output. Raises `CommandError`."""
    result = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise CommandError(f"{command[0]} ended with {result.returncode}:\n{result.stdout[-4000:]}")
    return result.stdout


def read_bases() -> dict[str, str]:
    """Return the images that stages begin with, by what they are: `node`, `python` or `nginx-unprivileged`."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images = re.findall(r"^FROM (?:--\S+ )?(\S+/\S+) AS", text, re.MULTILINE)
    return {image.partition(":")[0].rpartition("/")[2]: image for image in images}


class Store:
    """Images of one test session, in a directory that is removed with them."""

    def __init__(self, directory: Path) -> None:
        self._buildah = require_program("buildah", "buildah")
        self._directory = directory
        configuration = directory / "storage.conf"
        configuration.write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{directory}/store"\nrunroot = "{directory}/run"\n'
        )
        self.environment = {
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(configuration),
            "STORAGE_DRIVER": "vfs",
            "TMPDIR": str(directory),
        }

    def buildah(self, *arguments: str | Path) -> str:
        """Run buildah on these images."""
        return run(self._buildah, *arguments, environment=self.environment).strip()

    def add(self, name: str, archive: Path, base: str = "scratch") -> None:
        """Make an image of an archive, upon another one."""
        container = self.buildah("from", "--quiet", base)
        self.buildah("add", "--quiet", container, archive, "/")
        self.buildah("commit", "--quiet", "--rm", container, name)


def make_bases(store: Store, directory: Path) -> str:
    """Make the images, and return the version of the Python in them."""
    system = directory / "system"
    # Named, since debootstrap goes on without asking who signed where it finds no keys.
    keys = require_file("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")
    run(
        require_program("debootstrap", "debootstrap"),
        *("--keyring", keys, "--force-check-gpg"),
        *("--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm", system),
    )
    store.add("localhost/base-python", _pack(directory / "python.tar", system, LEFT_OUT))
    store.add("localhost/base-node", _pack_node(directory), "localhost/base-python")
    chroot = require_program("chroot", "coreutils")
    (system / "usr" / "sbin" / "policy-rc.d").write_text(REFUSING)
    (system / "usr" / "sbin" / "policy-rc.d").chmod(0o755)
    run(chroot, system, "apt-get", "install", "-qy", "--no-install-recommends", "nginx-light")
    store.add("localhost/base-nginx-unprivileged", _pack(directory / "nginx.tar", system, LEFT_OUT))
    version = run(chroot, system, "python3", "-c", "import platform; print(platform.python_version())").strip()
    shutil.rmtree(system)
    return version


def _pack_node(directory: Path) -> Path:
    """This machine's Node.js and npm, and the authorities that it trusts when it fetches packages."""
    node = Path(require_program("node", "nodejs")).resolve()
    npm = Path(require_program("npm", "npm")).resolve()
    tree = directory / "node"
    (tree / "usr" / "bin").mkdir(parents=True)
    shutil.copy2(node, tree / "usr" / "bin" / "node")
    shutil.copytree(npm.parents[1], tree / "usr" / "lib" / "node_modules" / "npm", symlinks=True)
    (tree / "usr" / "bin" / "npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    (tree / "etc" / "ssl" / "certs").mkdir(parents=True)
    shutil.copy2(TRUSTED_AUTHORITIES, tree / "etc" / "ssl" / "certs")
    return _pack(directory / "node.tar", tree)


def _pack(archive: Path, tree: Path, left_out: Sequence[str] = ()) -> Path:
    run("tar", "-C", tree, *(f"--exclude={pattern}" for pattern in left_out), "-cf", archive, ".")
    return archive
