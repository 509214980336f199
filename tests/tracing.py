"""What the measurement of coverage leaves out, because it costs more than it tells."""

import sys
import threading
from types import FrameType
from typing import Any

from motor.frameworks import asyncio as motor_asyncio

# Motor's own threads, and those in which PyMongo watches its servers.
_DRIVER_THREADS = (f"{motor_asyncio._EXECUTOR._thread_name_prefix}_", "pymongo_")


def leave_driver_threads_out() -> None:
    """Trace no thread of a driver from now on, where coverage is measured.

    Before Python 3.12 a trace function is called for every line of every library. In these threads that was half of
    all the time that the measurement took, for little more of the service than its command listeners.
    """
    trace: Any = threading.gettrace()
    if trace is None:
        return

    def trace_other_threads(frame: FrameType, event: str, argument: Any) -> Any:
        if threading.current_thread().name.startswith(_DRIVER_THREADS):
            sys.settrace(None)
            return None
        return trace(frame, event, argument)

    threading.settrace(trace_other_threads)
