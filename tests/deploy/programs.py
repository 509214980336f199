"""The programs that the tests of the deployment run, and what happens where one is missing."""

import os
import shutil

import pytest


def require_program(name: str, package: str) -> str:
    """Return the path of a program; where it is missing, skip the test, or fail it in CI, which has to have it.

    `package` is the one of Debian that brings the program.
    """
    # Debian's servers are where only root looks.
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if path is not None:
        return path
    reason = f"{name} is not installed; on Debian: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
