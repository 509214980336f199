"""The programs that the tests of the deployment run, and what happens where one is missing."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

# The packages of Node.js that check workflows and what API Gateway imports.
NODE_CHECKS = Path(__file__).parent / "node"


def require_program(name: str, package: str) -> str:
    """Return the path of a program; where it is missing, skip the test, or fail it in CI, which has to have it.

    `package` is the one of Debian that brings the program.
    """
    # Debian's servers are where only root looks.
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if path is None:
        _do_without(f"{name} is not installed; on Debian: apt-get install {package}")
    return path


def require_file(path: str, package: str) -> Path:
    """Return the path of a file that a package of Debian brings, as `require_program` does for a program."""
    if not Path(path).exists():
        _do_without(f"{path} is missing; on Debian: apt-get install {package}")
    return Path(path)


def require_node_check(package: str) -> str:
    """Return the path of Node.js, where a package of `NODE_CHECKS` is installed, else as `require_program`."""
    node = require_program("node", "nodejs")
    if not (NODE_CHECKS / "node_modules" / package).exists():
        _do_without(f"{package} is not installed; `make test` installs it")
    return node


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
