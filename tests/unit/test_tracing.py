"""Coverage is measured in every thread but those of the drivers."""

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from motor.frameworks import asyncio as motor_asyncio

from tests.tracing import leave_driver_threads_out

TRACED: set[str] = set()


def trace(frame: FrameType, event: str, argument: Any) -> None:
    """Note in which thread it was called."""
    TRACED.add(threading.current_thread().name)
    sys.settrace(None)


@pytest.fixture(autouse=True)
def _measurement() -> Iterator[None]:
    """A measurement of coverage that has begun, in place of the one of this run."""
    before: Any = threading.gettrace()
    TRACED.clear()
    threading.settrace(trace)
    yield
    threading.settrace(before)


def run_thread(name: str) -> None:
    thread = threading.Thread(target=lambda: None, name=name)
    thread.start()
    thread.join()


class TestAThread:
    NAMES = ("asyncio_0", f"{motor_asyncio._EXECUTOR._thread_name_prefix}_0", "pymongo_server_monitor_thread")

    def test_is_traced_unless_it_is_a_drivers(self) -> None:
        leave_driver_threads_out()
        for name in self.NAMES:
            run_thread(name)
        assert {"asyncio_0"} == TRACED

    def test_is_traced_whoever_it_is_by_itself(self) -> None:
        """The control."""
        for name in self.NAMES:
            run_thread(name)
        assert set(self.NAMES) == TRACED


class TestWithoutAMeasurement:
    def test_nothing_is_traced(self) -> None:
        threading.settrace(None)  # type: ignore[arg-type]
        leave_driver_threads_out()
        assert threading.gettrace() is None
