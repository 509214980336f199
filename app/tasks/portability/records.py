"""What readers of files hand over, whatever the format: lists, tasks, and what cannot be either."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.tasks.portability.errors import Place

# We have one level of subtasks.
FLATTENED = "A subtask of a subtask became a subtask of the task above it."


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list: `members` are those of a `PortableList`, `key` is what tasks of the file call it."""

    place: Place
    key: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task: `members` are those of a `PortableTask`. `notes` is what the report says of how it was changed."""

    place: Place
    key: str | None
    list_key: str | None
    parent_key: str | None
    members: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """Something in the place of a task, or of a list, that cannot be one."""

    place: Place
    detail: str
    is_task: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """Something that is left out on purpose; `is_task` tells whether it counts among the tasks."""

    place: Place
    note: str
    is_task: bool = field(default=False, kw_only=True)


def digest_key(key: str) -> bytes:
    """Return what keys are remembered by: they may be long, and as many as an account holds tasks."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


Record = ListRecord | TaskRecord | RefusedRecord | SkippedRecord


class Source(Protocol):
    """A file of one format. The methods block, and are called in a thread, one after the other."""

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        ...

    def profile(self) -> Any:
        """Return the profile in a file that was checked; None if its format has none."""
        ...

    def records(self) -> Iterator[Record]:
        """Yield what is in the file: lists ahead of their tasks, parents ahead of their subtasks."""
        ...
