"""The files of the monitoring as they are in the repository, and promtool, which checks them."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.programs import require_program

ROOT = Path(__file__).parents[3]
DIRECTORY = ROOT / "docker" / "monitoring"
RULES = DIRECTORY / "alerts.yml"
RULE_TESTS = DIRECTORY / "alerts.test.yml"
RUNBOOKS = ROOT / "docs" / "runbooks"
# What every runbook of an alert is found by (`runbook_url`); the rest of the address is recorded by a rule.
_RUNBOOK_URL = re.compile(
    r'\{\{ with query "taskfleet:runbooks:info" \}\}\{\{ \. \| first \| label "url" \}\}\{\{ end \}\}([a-z-]+\.md)'
)

Rule = dict[str, Any]


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules in their order."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return tuple(rule for group in groups for rule in group["rules"])


def recording_rules() -> list[Rule]:
    """Return the rules that record a series."""
    return [rule for rule in rules() if "record" in rule]


def alerts() -> list[Rule]:
    """Return the rules that alert; a name may have several, which their labels tell apart."""
    return [rule for rule in rules() if "alert" in rule]


@cache
def rule_tests() -> dict[str, Any]:
    """Return the tests of the rules as promtool reads them."""
    tests: dict[str, Any] = yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))
    return tests


@cache
def dashboard() -> dict[str, Any]:
    """Return the dashboard."""
    found: dict[str, Any] = json.loads((DIRECTORY / "grafana" / "dashboards" / "taskfleet.json").read_text("utf-8"))
    return found


def runbook_of(alert: Rule) -> str:
    """Return the name of the file that an alert leads to."""
    match = _RUNBOOK_URL.fullmatch(alert["annotations"]["runbook_url"])
    assert match is not None, alert["annotations"]["runbook_url"]
    return match[1]


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool."""
    program = require_program("promtool", "prometheus")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)
