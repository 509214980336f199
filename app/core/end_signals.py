"""Signals that end a process, also one that is the first of a container.

For that one the kernel drops each signal that it has no handler for (pid_namespaces(7)): what is left to the default
never ends it.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# What shells tell of a process that a signal has ended.
_STATUS_OF_SIGNAL = 128


def signals_of_the_end() -> tuple[signal.Signals, ...]:
    """Return what asks for an end in order; a hang-up, unless `nohup` has it ignored."""
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return tuple(number for number in asked if number != signal.SIGHUP or is_hangup_heard())


def is_hangup_heard() -> bool:
    """Whether the end of the terminal is to end this process."""
    return signal.getsignal(signal.SIGHUP) != signal.SIG_IGN


def is_impatient(number: int) -> bool:
    """Whether a second signal is one of somebody who will not wait: shells and systemd send hang-ups on top."""
    return number != signal.SIGHUP


@contextmanager
def unwinding_at_sigterm() -> Iterator[None]:
    """Have SIGTERM end a command as Ctrl-C does: what it holds, such as a lease, is given back."""

    def unwind(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(_STATUS_OF_SIGNAL + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def leave_at_sigterm() -> None:
    """Have SIGTERM end this process at once, with status 0: it has not begun anything yet.

    Whoever serves takes the signal over when there is something to finish.
    """
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))


def die_by(number: int) -> NoReturn:
    """End this process at once, by the signal itself where the kernel lets it."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
    os._exit(_STATUS_OF_SIGNAL + number)
