"""Hands the builds what they install, without telling them how this machine comes by it."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.requirements import Requirement

from tests.architecture.documents import ROOT
from tests.deploy.image.bases import TRUSTED_AUTHORITIES, run
from tests.deploy.programs import require_program


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serve_wheels(directory: Path, python_version: str) -> Iterator[Path]:
    """Offer the locked wheels for a version of Python on loopback; the value is a pip.conf that says so."""
    wheels = directory / "wheels"
    wheels.mkdir()
    lock = directory / "wheels.lock"
    lock.write_text("\n".join(_select(python_version)) + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    version = ("--python-version", ".".join(python_version.split(".")[:2]), "--only-binary=:all:")
    run(*pip, "--no-deps", "--require-hashes", *version, "--dest", wheels, "--requirement", lock)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(wheels))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        configuration = directory / "pip.conf"
        configuration.write_text(f"[global]\nno-index = true\nfind-links = http://127.0.0.1:{server.server_port}/\n")
        yield configuration
        server.shutdown()


def write_npm_configuration(directory: Path) -> Path:
    """Write an npmrc that leads where npm goes on this machine."""
    npm = require_program("npm", "npm")
    own = Path(run(npm, "config", "get", "userconfig").strip())
    lines = [line for line in own.read_text().splitlines() if "=" in line] if own.is_file() else []
    registry = run(npm, "config", "get", "registry").strip()
    path = directory / "npmrc"
    path.write_text("\n".join([*lines, f"registry={registry}", f"cafile={TRUSTED_AUTHORITIES}", ""]))
    return path


def _select(python_version: str) -> Iterator[str]:
    """Return the lines of the lock that count for this version, with their hashes and without conditions."""
    environment = {"python_full_version": python_version, "python_version": python_version.rpartition(".")[0]}
    text = (ROOT / "requirements" / "production.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        specification, *hashes = re.split(r"\s--hash=", line)
        if not specification.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(specification)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pins = " ".join(f"--hash={value.strip()}" for value in hashes)
            yield f"{requirement.name}{requirement.specifier} {pins}"
