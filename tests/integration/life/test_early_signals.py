"""SIGTERM before there is anything to finish, and in the first process of a container, whom the kernel protects."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.embedded.server import find_free_port
from tests.integration.life.test_ending import AT_ONCE_SECONDS, LONG_DELAY, is_draining
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import descendants, wait_until
from tests.integration.local_stack.test_serve import is_alive

# A namespace of process ids of its own is what makes a process the first of a container.
AS_FIRST_PROCESS = ("unshare", "--pid", "--fork", "--kill-child")


def may_have_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*AS_FIRST_PROCESS, "true"], capture_output=True, check=False).returncode == 0


in_a_namespace = pytest.mark.skipif(not may_have_namespaces(), reason="needs unshare and the right to use it")


@contextmanager
def started(settings: dict[str, str], *command: str, front: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """A command of `taskfleet`; `front` runs it."""
    words = [*front, sys.executable, "-m", "app.cli", *command]
    with subprocess.Popen(words, env=clean_environment(**settings), stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def reading_settings(
    settings: dict[str, str], directory: Path, command: str, front: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that waits within its start, because somebody is slow to tell it a secret."""
    pipe = directory / "mongo-url"
    os.mkfifo(pipe)
    del settings["TASKFLEET_MONGO_URL"]
    with started(settings | {"TASKFLEET_MONGO_URL_FILE": str(pipe)}, command, front=front) as process:
        writer = os.open(pipe, os.O_WRONLY)  # returns when the other side is open
        try:
            yield process
        finally:
            os.close(writer)


def first_process(under: subprocess.Popen[bytes]) -> int:
    """The process that `unshare` started."""
    (only,) = descendants(under.pid)
    return only.pid


class TestASignalAheadOfAnyWork:
    @pytest.mark.parametrize(("command", "status"), [("serve", 0), ("worker", 0), ("migrate", 128 + signal.SIGTERM)])
    def test_ends_the_command(self, settings: dict[str, str], tmp_path: Path, command: str, status: int) -> None:
        with reading_settings(settings, tmp_path, command) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(AT_ONCE_SECONDS) == status

    @in_a_namespace
    @pytest.mark.parametrize(("command", "status"), [("serve", 0), ("worker", 0), ("migrate", 128 + signal.SIGTERM)])
    def test_ends_the_first_process_of_a_container(
        self, settings: dict[str, str], tmp_path: Path, command: str, status: int
    ) -> None:
        with reading_settings(settings, tmp_path, command, AS_FIRST_PROCESS) as process:
            os.kill(first_process(process), signal.SIGTERM)
            assert process.wait(AT_ONCE_SECONDS) == status


@in_a_namespace
class TestASecondSignal:
    def test_ends_the_first_process_of_a_container_at_once(self, settings: dict[str, str]) -> None:
        port = find_free_port()
        with started(settings | LONG_DELAY, "serve", "--port", str(port), front=AS_FIRST_PROCESS) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: is_alive(url), "the API answers")
            first = first_process(process)
            os.kill(first, signal.SIGTERM)
            wait_until(lambda: is_draining(url), "the process is not ready")
            os.kill(first, signal.SIGTERM)
            assert process.wait(AT_ONCE_SECONDS) == 128 + signal.SIGTERM


@in_a_namespace
class TestTheFirstProcessOfAContainer:
    def test_is_not_ended_by_what_it_leaves_to_the_default(self) -> None:
        """The control."""
        sleeper = [*AS_FIRST_PROCESS, sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]
        with subprocess.Popen(sleeper, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()
                os.kill(first_process(process), signal.SIGTERM)
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(1)
            finally:
                process.kill()
