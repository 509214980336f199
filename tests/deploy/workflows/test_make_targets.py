"""People, `.ci/run` and the workflows call the same targets, so that a check means the same everywhere."""

import re
from pathlib import Path

import pytest

from tests.deploy.workflows.workflows import (
    ACTIONS,
    CI,
    ROOT,
    WORKFLOWS,
    Workflow,
    read,
    scripts_of,
    targets_called,
    targets_of_make,
)

# What a target runs for one, with the pinned packages.
_BEHIND_TARGETS = re.compile(
    r"\b(pytest|ruff|mypy|lint-imports|npm|npx|playwright|vitest|pip|buildah|docker (buildx )?build|"
    r"taskfleet (serve|migrate))\b"
)


def faults_of(workflow: Workflow, targets: set[str]) -> list[str]:
    """Say what is wrong with the scripts of a workflow."""
    faults = []
    for script in scripts_of(workflow):
        faults += [f"make {target} does not exist" for target in sorted(targets_called(script) - targets)]
        commands = re.sub(r"apt-get install(?:.*\\\n)*.*", "", script)
        faults += [f"{found[0]} belongs behind a target" for found in _BEHIND_TARGETS.finditer(commands)]
    return faults


class TestTheWorkflows:
    @pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
    def test_test_and_build_by_targets_that_exist(self, path: Path) -> None:
        assert faults_of(read(path), targets_of_make()) == []

    def test_check_whatever_ci_run_checks(self) -> None:
        checked = targets_called((ROOT / ".ci" / "run").read_text(encoding="utf-8"))
        in_ci = {target for script in scripts_of(read(CI)) for target in targets_called(script)}

        assert {"lint", "test", "test-pymongo"} <= checked
        # These two are `test`, and measure coverage on top.
        assert {"coverage", "test-web"} <= in_ci
        assert checked - {"test"} - in_ci == set()

    def test_drive_the_browser_app_before_the_service_in_either_shape(self) -> None:
        browser = read(CI)["jobs"]["browser"]
        shapes = (ROOT / "web" / "e2e" / "shape.ts").read_text(encoding="utf-8")

        assert browser["strategy"]["matrix"]["shape"] == re.findall(r'"(\w+)"', shapes.splitlines()[0])
        assert browser["env"]["SHAPE"] == "${{ matrix.shape }}"
        assert "\nrun make e2e\nrun make e2e SHAPE=split" in re.sub(
            r"\n#.*", "", (ROOT / ".ci" / "run").read_text(encoding="utf-8")
        )

    def test_run_on_every_python_that_is_supported(self) -> None:
        versions = re.search(
            r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8")
        )
        assert versions
        supported = [f"3.{minor}" for minor in range(int(versions[1]), int(versions[2]))]
        jobs = read(CI)["jobs"]

        assert jobs["test"]["strategy"]["matrix"]["python"] == supported
        assert jobs["test-pymongo"]["strategy"]["matrix"]["python"] == supported


class TestAWorkflowThatGoesItsOwnWay:
    @pytest.mark.parametrize(
        ("script", "fault"),
        [
            ("make linnt", "make linnt does not exist"),
            ("make lint tset", "make tset does not exist"),
            (".venv/bin/pytest -q", "pytest belongs behind a target"),
            ("cd web && npm test", "npm belongs behind a target"),
            ("docker build --tag a .", "docker build belongs behind a target"),
        ],
    )
    def test_is_found(self, script: str, fault: str) -> None:
        workflow = {"jobs": {"test": {"steps": [{"uses": "actions/checkout"}, {"run": script}]}}}

        assert faults_of(workflow, {"lint", "test"}) == [fault]

    def test_may_install_packages_of_the_system(self) -> None:
        script = "sudo apt-get install -qy --no-install-recommends \\\n  buildah nginx\nmake lint"

        assert faults_of({"runs": {"steps": [{"run": script}]}}, {"lint"}) == []
