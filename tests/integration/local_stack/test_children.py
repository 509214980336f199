"""One child process: its session, its end, and the script that ties its life to ours."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded import die_with_parent
from app.embedded.child import ChildProcess

PYTHON = [sys.executable, "-I", "-S", "-c"]
WAIT = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAIT}; {WAIT}"


async def start(script: str, log_file: Path) -> ChildProcess:
    child = await ChildProcess.start("script", [*PYTHON, script], log_file=log_file)
    async with asyncio.timeout(30):
        while "ready" not in log_file.read_text(encoding="utf-8"):  # noqa: ASYNC110 - a file sets no event
            await asyncio.sleep(0)
    return child


class TestAChild:
    async def test_is_in_a_session_of_its_own_where_ctrl_c_does_not_reach_it(self, tmp_path: Path) -> None:
        child = await start(WAIT, tmp_path / "log")
        try:
            assert os.getsid(child.pid) == child.pid
            assert os.getpgid(child.pid) != os.getpgid(0)
        finally:
            await child.kill()

    async def test_ends_when_it_is_asked_to(self, tmp_path: Path) -> None:
        child = await start(WAIT, tmp_path / "log")
        await child.stop(grace_seconds=30)
        assert child.exited.result() == -signal.SIGTERM
        assert child.describe_end() == "killed by signal 15"

    async def test_is_killed_when_it_does_not_heed(self, tmp_path: Path) -> None:
        child = await start(STUBBORN, tmp_path / "log")
        await child.stop(grace_seconds=0.05)
        assert child.exited.result() == -signal.SIGKILL

    async def test_is_killed_when_the_wait_for_its_end_is_cancelled(self, tmp_path: Path) -> None:
        child = await start(STUBBORN, tmp_path / "log")
        stopping = asyncio.create_task(child.stop(grace_seconds=60))
        await asyncio.sleep(0)
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
        assert child.exited.result() == -signal.SIGKILL

    async def test_may_have_ended_before(self, tmp_path: Path) -> None:
        child = await ChildProcess.start("script", [*PYTHON, "raise SystemExit(3)"], log_file=tmp_path / "log")
        await child.exited
        await child.stop(grace_seconds=30)
        assert child.describe_end() == "exit code 3"

    async def test_cannot_be_started_from_a_thread_whose_end_would_kill_it(self) -> None:
        def start_in_thread() -> None:
            asyncio.run(ChildProcess.start("script", [*PYTHON, WAIT]))

        with pytest.raises(RuntimeError, match="on the main thread"):
            await asyncio.to_thread(start_in_thread)


class TestTheScriptBetween:
    def run(self, parent_pid: int, *program: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", die_with_parent.__file__, str(parent_pid), "9", *program],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_runs_the_program_in_its_place(self) -> None:
        result = self.run(os.getpid(), "/bin/echo", "hello", "")
        assert (result.returncode, result.stdout) == (0, "hello \n")

    def test_runs_nothing_when_the_parent_has_ended_already(self) -> None:
        result = self.run(os.getpid() + 1, "/bin/echo", "hello")
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr == "the parent ended before its child began\n"

    def test_says_that_a_program_does_not_run(self, tmp_path: Path) -> None:
        result = self.run(os.getpid(), str(tmp_path / "gone"))
        assert result.returncode == 1
        assert result.stderr == f"{tmp_path}/gone does not run: No such file or directory\n"

    def test_leaves_no_signal_ignored(self) -> None:
        result = self.run(os.getpid(), "/bin/sh", "-c", "grep SigIgn /proc/self/status")
        ignored = int(result.stdout.split()[1], 16)
        assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))
