"""Ctrl-C and its kin: they cancel the work, which stops every server on its way out."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

EXIT_FAILURE = 1
# What a shell reports of a program that SIGINT ended: 128 and the signal's number.
EXIT_INTERRUPTED = 130


async def until_signal(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what the work returns. Raises `CancelledError` after a signal, once the work has cleaned up."""
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task
