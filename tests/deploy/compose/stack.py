"""What docker-compose.yml says, read as compose reads it: merged, and with its variables filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from tests.architecture.documents import ROOT

Service = dict[str, Any]

COMPOSE_FILE = ROOT / "docker-compose.yml"
SHARDED = ROOT / "docker" / "sharded.env"
SITE_EXAMPLE = ROOT / "docker" / "site.env.example"

# `${NAME}` and `${NAME:-default}`, which is all that the file uses of compose's interpolation.
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")
_UNITS = {"M": 1024**2, "G": 1024**3}


def fill_in(value: Any, variables: Mapping[str, str | None]) -> Any:
    """Return what was parsed with its variables; empty ones count as not set, as `:-` means."""
    if isinstance(value, dict):
        return {name: fill_in(part, variables) for name, part in value.items()}
    if isinstance(value, list):
        return [fill_in(part, variables) for part in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: variables.get(match[1]) or match[2] or "", value)
    return value


def load(*files: Path) -> dict[str, Any]:
    """Return the whole file, with the variables of these files of settings."""
    variables = {name: value for file in files for name, value in dotenv_values(file).items()}
    document: dict[str, Any] = fill_in(yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8")), variables)
    return document


def services(*files: Path) -> dict[str, Service]:
    """Return the services by their names."""
    found: dict[str, Service] = load(*files)["services"]
    return found


def runs_once(service: Service) -> bool:
    """Whether a service does something and ends."""
    return service.get("restart") == "no"


def read_size(text: str) -> int:
    """Return the bytes of a size such as `512M`."""
    return int(text[:-1]) * _UNITS[text[-1]]


def read_seconds(text: str) -> int:
    """Return the seconds of a time such as `40s`."""
    return int(text.removesuffix("s"))


def mounts(service: Service) -> list[tuple[str, str, bool]]:
    """Return source, target and whether it can be written, of every volume of a service."""
    parts = (volume.split(":") for volume in service.get("volumes", ()))
    return [(part[0], part[1], part[2:] != ["ro"]) for part in parts]
