"""`taskfleet serve --workers N`: what happens to the others when one of the processes ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from app.embedded.server import LOOPBACK, find_free_port
from tests.integration.life.connection import ask_once
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import wait_for_end, wait_until
from tests.integration.local_stack.test_serve import is_alive, serving, workers_of

IMPATIENT_PARENT = Path(__file__).parent / "impatient_parent.py"


def is_whole_again(process: subprocess.Popen[bytes], gone: int) -> bool:
    workers = workers_of(process)
    return len(workers) == 2 and gone not in workers


class TestAProcessThatIsKilled:
    def test_is_replaced_while_the_other_serves(self, settings: dict[str, str]) -> None:
        with serving(settings, "--workers", "2") as (process, url):
            victim, other = workers_of(process)
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: is_whole_again(process, victim), "the process is replaced")

            assert other in workers_of(process)
            assert ask_once(url, "/livez").status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


class TestAProcessThatIsAskedToEnd:
    def test_is_replaced_by_one_with_the_code_of_now(self, settings: dict[str, str]) -> None:
        with serving(settings, "--workers", "2") as (process, _):
            old = workers_of(process)[0]
            os.kill(old, signal.SIGTERM)
            wait_until(lambda: is_whole_again(process, old), "the process is replaced")


class TestAProcessThatFails:
    def test_ends_all_with_a_failure(self, settings: dict[str, str]) -> None:
        with serving(settings, "--workers", "2") as (process, _):
            victim, other = workers_of(process)
            Path(settings["TASKFLEET_JWT_PRIVATE_KEY_FILE"]).unlink()
            os.kill(victim, signal.SIGKILL)

            assert process.wait(60) == 1
            wait_for_end([other], timeout_seconds=0)


class TestAProcessThatStandsStill:
    def test_is_killed_when_the_others_have_ended_long_ago(self, settings: dict[str, str]) -> None:
        port = find_free_port()
        command = [sys.executable, str(IMPATIENT_PARENT), str(port)]
        environment = clean_environment(**settings)
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as parent:
            wait_until(lambda: is_alive(f"http://{LOOPBACK}:{port}"), "the API answers")
            victim, other = workers_of(parent)
            os.kill(victim, signal.SIGSTOP)
            parent.send_signal(signal.SIGTERM)
            _, errors = parent.communicate(timeout=60)

            assert parent.returncode == 1
            # On a busy machine the other one may need longer than a second, too.
            assert f"the API (process {victim}) did not end within 1 s and was killed\n" in errors
            wait_for_end([victim, other], timeout_seconds=0)


class TestAParentThatIsKilled:
    def test_takes_its_processes_along(self, settings: dict[str, str]) -> None:
        with serving(settings, "--workers", "2") as (process, _):
            workers = workers_of(process)
            process.kill()
            wait_for_end(workers)


class TestASignalToTheWholeGroup:
    def test_counts_once(self, settings: dict[str, str]) -> None:
        delay = {"TASKFLEET_SHUTDOWN_DELAY_SECONDS": "60"}
        with serving(settings | delay, "--workers", "2") as (process, url):
            for pid in (*workers_of(process), process.pid):
                os.kill(pid, signal.SIGTERM)
            wait_until(lambda: ask_once(url, "/readyz").status == 503, "the processes are not ready")

            assert len(workers_of(process)) == 2
            assert ask_once(url, "/livez").status == 200
