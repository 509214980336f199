"""Watching processes from outside, through /proc: who descends from whom, and who has ended."""

import os
import select
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class RunningProcess:
    pid: int
    command: str


def descendants(pid: int) -> list[RunningProcess]:
    """The children of a process, their children, and so on."""
    parents = dict(_parents())
    found, generation = [], {pid}
    while generation := {child for child, parent in parents.items() if parent in generation}:
        found += [RunningProcess(child, _command(child)) for child in sorted(generation)]
    return found


def wait_for_end(pids: Iterable[int], timeout_seconds: float = DEADLINE_SECONDS) -> None:
    """Return when all these processes have ended; fail when they do not."""
    deadline = time.monotonic() + timeout_seconds
    with ExitStack() as stack:
        poll, waiting = select.poll(), {}
        for pid in pids:
            with suppress(ProcessLookupError):
                descriptor = os.pidfd_open(pid)
                stack.callback(os.close, descriptor)
                poll.register(descriptor, select.POLLIN)
                waiting[descriptor] = pid
        while waiting:
            remaining_ms = max(0.0, deadline - time.monotonic()) * 1000
            ended = poll.poll(remaining_ms)
            assert ended, f"still running: {[_command(pid) for pid in waiting.values()]}"
            for descriptor, _ in ended:
                poll.unregister(descriptor)
                del waiting[descriptor]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when the condition holds; fail at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        select.select([], [], [], 0.01)


def _parents() -> Iterator[tuple[int, int]]:
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            with suppress(OSError):
                # The second field is the name in parentheses, which may itself hold spaces and parentheses.
                state, parent = (directory / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(directory.name), int(parent)


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return "(ended)"
