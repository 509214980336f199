"""What is left to the garbage collector, which keeps everybody waiting while it looks for it."""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Garbage:
    """How many objects only the collector could free; known after the block."""

    count: int = -1


@contextlib.contextmanager
def counted_garbage() -> Iterator[Garbage]:
    """Count what the block leaves in cycles."""
    garbage = Garbage()
    gc.collect()
    gc.disable()
    try:
        yield garbage
        garbage.count = gc.collect()
    finally:
        gc.enable()
