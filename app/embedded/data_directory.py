"""The directory where a local installation keeps everything, used by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.errors import DataDirectoryError

OWNER_ONLY_DIRECTORY = 0o700
OWNER_ONLY_FILE = 0o600

_LOCK_FILE = "taskfleet.lock"


def make_private_directory(path: Path) -> None:
    """Make the directory for its owner alone; one that exists keeps the mode that somebody gave it."""
    try:
        path.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirectoryError(f"cannot make the directory {path}: {error.strerror}") from None


def is_claimed(path: Path) -> bool:
    """Whether a process holds the directory."""
    try:
        descriptor = os.open(path / _LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def claim_data_directory(path: Path) -> Iterator[None]:
    """Hold the directory while the block runs.

    The kernel drops the lock with the process, however it ends. The file stays and tells who holds the lock.
    Raises `DataDirectoryError` when another process holds it or the directory cannot be written.
    """
    make_private_directory(path)
    lock_file = path / _LOCK_FILE
    try:
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY_FILE)
    except OSError as error:
        raise DataDirectoryError(f"cannot write {lock_file}: {error.strerror}") from None
    try:
        _lock(descriptor, path, lock_file)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, lock_file: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = lock_file.read_text(encoding="ascii", errors="replace").strip()
        raise DataDirectoryError(
            f"Taskfleet is already running on the data directory {path} (process {holder or 'unknown'})"
        ) from None
