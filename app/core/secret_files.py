"""Secrets that stand in files, as orchestrators mount them: `<variable>_FILE` names one in place of the value."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic.fields import FieldInfo

SUFFIX = "_FILE"

# The most that a Secret of Kubernetes holds (1 MiB); what is longer is another file than was meant.
MAX_SECRET_BYTES = 1_048_576


class _MayStandInFile:
    """Marks, within `Annotated`, a setting that a file may hold."""


MAY_STAND_IN_FILE = _MayStandInFile()


class SecretFileError(Exception):
    """A file cannot be taken; the message is one line that names the variable, and nothing of what is in the file."""


def file_variables(fields: Iterable[FieldInfo]) -> frozenset[str]:
    """Return the variables that may name files in place of these settings."""
    return frozenset(f"{field.validation_alias}{SUFFIX}" for field in fields if MAY_STAND_IN_FILE in field.metadata)


def read_secret_files(fields: Iterable[FieldInfo], variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return the values that stand in files, by the variables that they stand for; empty names count as not set.

    Raises `SecretFileError`.
    """
    values = {}
    for name in file_variables(fields):
        path, variable = variables.get(name), name.removesuffix(SUFFIX)
        if not path:
            continue
        if variables.get(variable):
            raise SecretFileError(f"{variable} and {name} are both set; only one of them may be")
        values[variable] = _read(name, Path(path))
    return values


def _read(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise SecretFileError(f"{name} names {path}, which cannot be read: {error.strerror}") from None
    except ValueError:  # no UTF-8, or a path that holds a null character
        raise SecretFileError(f"{name} names {path}, which cannot be read as text") from None
    if len(content) > MAX_SECRET_BYTES:
        raise SecretFileError(f"{name} names {path}, which is too long for a secret")
    # Editors and `echo` end a file with one.
    return text.removesuffix("\n").removesuffix("\r")
