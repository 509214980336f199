"""How a command reaches the servers of a running local installation, whose ports are others at each start."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values

from app.embedded.data_directory import OWNER_ONLY_FILE, is_claimed
from app.embedded.errors import DataDirectoryError

_FILE = "running.env"


@contextmanager
def publish_settings(directory: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Keep the settings that lead to the servers in a file of the data directory while the block runs.

    The file has the form that `TASKFLEET_ENV_FILE` takes, and only its owner can read it, because addresses of
    servers may hold passwords. Raises `DataDirectoryError`.
    """
    path = directory / _FILE
    unfinished = path.with_suffix(".new")
    try:
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={_quote(value)}\n" for name, value in settings.items())
        unfinished.replace(path)
    except OSError as error:
        raise DataDirectoryError(f"cannot write {path}: {error.strerror}") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read_settings(directory: Path) -> Mapping[str, str]:
    """Return the settings of the installation that runs on a data directory. Raises `DataDirectoryError`."""
    path = directory / _FILE
    # A process that was killed leaves the file behind, but no lock.
    if not is_claimed(directory) or not path.is_file():
        raise DataDirectoryError(f"no `taskfleet local` is ready on the data directory {directory}; start it first")
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
