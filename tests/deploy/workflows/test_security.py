"""zizmor, at its strictest, finds nothing in the workflows, in the action and in what Dependabot is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.workflows.workflows import GITHUB

BAD_WORKFLOW = """on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""
BAD_DEPENDABOT = """version: 2
updates:
  - package-ecosystem: npm
    directory: /
    schedule: {interval: weekly}
"""


def audit(directory: Path) -> list[dict[str, Any]]:
    """Return what zizmor finds in a `.github` directory, without asking anybody outside."""
    options = ["--offline", "--no-progress", "--persona", "auditor", "--collect", "all", "--strict-collection"]
    finished = subprocess.run(
        [Path(sys.executable).parent / "zizmor", *options, "--no-exit-codes", "--format", "json", directory],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    findings: list[dict[str, Any]] = json.loads(finished.stdout)
    return findings


class TestTheWorkflows:
    def test_have_no_finding(self) -> None:
        assert [(each["ident"], each["locations"][0]["symbolic"]["key"]) for each in audit(GITHUB)] == []


class TestWhatIsUnsafe:
    @pytest.mark.parametrize(
        ("name", "text", "finding"),
        [
            ("workflows/bad.yml", BAD_WORKFLOW, "template-injection"),
            ("workflows/bad.yml", BAD_WORKFLOW, "dangerous-triggers"),
            ("workflows/bad.yml", BAD_WORKFLOW, "unpinned-uses"),
            ("workflows/bad.yml", BAD_WORKFLOW, "artipacked"),
            ("workflows/bad.yml", BAD_WORKFLOW, "excessive-permissions"),
            ("dependabot.yml", BAD_DEPENDABOT, "dependabot-cooldown"),
        ],
    )
    def test_is_found(self, tmp_path: Path, name: str, text: str, finding: str) -> None:
        file = tmp_path / ".github" / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")

        assert finding in {each["ident"] for each in audit(file.parents[name.count("/")])}
