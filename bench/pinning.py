"""Which part runs on which core; children inherit the core of the thread that starts them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.errors import BenchError


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the measured server, of MongoDB and the cache server, and of the load."""

    server: int
    databases: int
    load: int

    @classmethod
    def choose(cls, server: int | None, databases: int | None, load: int | None) -> "Cores":
        """Fill in what is not given: all servers on the first core that we may use, the load on the second.

        Raises `BenchError` when there are not two cores, or the load would run on a core of the servers.
        """
        if sys.platform != "linux":
            raise BenchError("the benchmark pins processes and reads their clocks, which it can on Linux alone")
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise BenchError("the benchmark needs two cores: one for the servers, one for the load")
        server = allowed[0] if server is None else server
        databases = server if databases is None else databases
        if load is None:
            load = next((core for core in allowed if core not in {server, databases}), databases)
        if load in {server, databases}:
            raise BenchError("the load must have a core of its own")
        if unknown := {server, databases, load} - set(allowed):
            raise BenchError(f"there is no core {min(unknown)} here; there are {', '.join(map(str, allowed))}")
        return cls(server, databases, load)


@contextmanager
def children_on(core: int) -> Iterator[None]:
    """Pin every process that this thread starts in the block, with all threads that it will have."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def check_pinned(pid: int, core: int) -> None:
    """Raise `BenchError` unless the process runs on that core alone."""
    if os.sched_getaffinity(pid) != {core}:
        raise BenchError(f"process {pid} is not pinned to core {core}")
