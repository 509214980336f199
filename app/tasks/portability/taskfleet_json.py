"""Reads our own document (`app.tasks.portability.document`); each version of it has a reader, which stays."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from app.core.errors import ProblemError
from app.tasks.portability.document import FORMAT
from app.tasks.portability.errors import Place, UnreadableFileError
from app.tasks.portability.json_items import ANY, Item, read_items
from app.tasks.portability.profiles import PortableProfiles
from app.tasks.portability.records import ListRecord, Record, RefusedRecord, TaskRecord

_PATHS = (("format",), ("version",), ("profile",), ("lists", ANY), ("tasks", ANY))
_MEMBERS = frozenset(path[0] for path in _PATHS)
# Ours have 36 characters; the rest is room for those of files that somebody made.
_MAX_KEY_LENGTH = 200


def _read_list(item: Item) -> Record:
    """Version 1: `{id, name, color, archived, position}`."""
    members = dict(item.value)
    key = members.pop("id", None)
    if not _is_key(key):
        return RefusedRecord(
            item.place, f"A list needs an id: text of 1 to {_MAX_KEY_LENGTH} characters.", is_task=False
        )
    return ListRecord(item.place, key, members)


def _read_task(item: Item) -> Record:
    """Version 1: the members of `represent_portable_task`."""
    members = dict(item.value)
    key, list_key, parent_key = (members.pop(name, None) for name in ("id", "list_id", "parent_id"))
    if not all(given is None or _is_key(given) for given in (key, list_key, parent_key)):
        return RefusedRecord(item.place, f"Ids are text of 1 to {_MAX_KEY_LENGTH} characters.")
    return TaskRecord(item.place, key, list_key, parent_key, members)


def _is_key(key: object) -> bool:
    return isinstance(key, str) and 0 < len(key) <= _MAX_KEY_LENGTH


Reader = Callable[[Item], Record]

# By version: how lists and how tasks are read.
READERS: Mapping[int, tuple[Reader, Reader]] = MappingProxyType({1: (_read_list, _read_task)})


class TaskfleetSource:
    """A file of this format."""

    def __init__(self, file: BinaryIO, profiles: PortableProfiles) -> None:
        self._file = file
        self._profiles = profiles
        self._profile: Any = None
        self._readers = READERS[1]
        self._has_lists_first = False

    def check(self) -> None:
        """Read the file to its end. Raises `UnreadableFileError`."""
        beginnings: dict[str, str] = {}
        values: dict[str | int, Any] = {}
        for item in read_items(self._file, *_PATHS, members=beginnings):
            if len(item.location) == 1:
                values[item.location[0]] = item.value
        if values.get("format") != FORMAT:
            raise UnreadableFileError(Place("/format"), f"This is no file of ours: the format must be {FORMAT!r}.")
        version = values.get("version")
        if type(version) is not int or version not in READERS:
            known = ", ".join(map(str, READERS))
            raise UnreadableFileError(Place("/version"), f"This version cannot be read; known ones are: {known}.")
        for name in ("lists", "tasks"):
            if beginnings.get(name) != "start_array":
                raise UnreadableFileError(Place(f"/{name}"), "It is missing, or no array.")
        for name in beginnings.keys() - _MEMBERS:
            raise UnreadableFileError(Place(f"/{name}"), "There is no such member in this version.")
        self._readers = READERS[version]
        self._has_lists_first = list(beginnings).index("lists") < list(beginnings).index("tasks")
        if "profile" in values:
            self._check_profile(values["profile"])

    def _check_profile(self, profile: object) -> None:
        try:
            self._profile = self._profiles.check(profile)
        except ProblemError as error:
            first = error.extensions["errors"][0]
            raise UnreadableFileError(Place(f"/profile{first['pointer']}"), f"{first['detail']}.") from None

    def profile(self) -> Any:
        """Return the profile, or None if there is none."""
        return self._profile

    def records(self) -> Iterator[Record]:
        """Yield lists, then tasks, whatever their order in the file."""
        for name, read in zip(("lists", "tasks"), self._readers, strict=True):
            for item in read_items(self._file, ("lists", ANY), ("tasks", ANY)):
                if item.location[0] == name:
                    is_object = isinstance(item.value, dict)
                    yield (
                        read(item)
                        if is_object
                        else RefusedRecord(item.place, "It is no object.", is_task=name == "tasks")
                    )
                elif name == "lists" and self._has_lists_first:
                    break  # there are only tasks from here on
