"""The workflows as they are in the repository, and what they and `.ci/run` ask of make."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
CI = GITHUB / "workflows" / "ci.yml"

Workflow = dict[str, Any]

_MAKE = re.compile(r"\bmake ((?:[a-z][a-z0-9-]*(?: |$))+)", re.MULTILINE)


def read(path: Path) -> Workflow:
    """Return a workflow, an action or another file in YAML."""
    document: Workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def steps_of(workflow: Workflow) -> Iterator[dict[str, Any]]:
    """The steps of all jobs of a workflow, or of an action."""
    for job in workflow.get("jobs", {}).values():
        yield from job.get("steps", ())
    yield from workflow.get("runs", {}).get("steps", ())


def scripts_of(workflow: Workflow) -> list[str]:
    """What its steps run in a shell."""
    return [step["run"] for step in steps_of(workflow) if "run" in step]


def targets_called(script: str) -> set[str]:
    """The targets that a script asks of make."""
    return {target for called in _MAKE.findall(script) for target in called.split()}


def targets_of_make() -> set[str]:
    """The targets of the Makefile that are meant for people, which are those with a help text."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z0-9-]*):[^=\n]*## ", makefile, re.MULTILINE))
