"""The images that are scanned and released are those of the Dockerfile, and are told what they are."""

import re
from pathlib import Path

import pytest

from tests.deploy.workflows.workflows import GITHUB, ROOT, Workflow, read, scripts_of

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BUILDING = [GITHUB / "workflows" / name for name in ("release.yml", "scan.yml")]
# What people get, by the name of its target.
IMAGES = {"runtime": "taskfleet", "gateway": "taskfleet-gateway"}


def arguments_of(dockerfile: str, target: str) -> set[str]:
    """The arguments that the stage of a target takes."""
    stages = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)
    [stage] = [stage for stage in stages if re.match(rf".* AS {target}$", stage.partition("\n")[0])]
    return set(re.findall(r"^ARG (\w+)", stage, re.MULTILINE))


def arguments_given(workflow: Workflow) -> set[str]:
    """The arguments with which a workflow builds."""
    return {name for script in scripts_of(workflow) for name in re.findall(r'--build-arg "?(\w+)=', script)}


class TestTheImages:
    def test_are_released_under_their_names(self) -> None:
        images = read(GITHUB / "workflows" / "release.yml")["jobs"]["image"]["strategy"]["matrix"]["image"]

        assert {image["target"]: image["name"] for image in images} == IMAGES

    def test_are_all_scanned(self) -> None:
        scanned = read(GITHUB / "workflows" / "scan.yml")["jobs"]["image"]["strategy"]["matrix"]["target"]

        assert set(scanned) == set(IMAGES)

    @pytest.mark.parametrize("target", IMAGES)
    def test_are_told_their_version_source_and_revision(self, target: str) -> None:
        given = arguments_given(read(GITHUB / "workflows" / "release.yml"))

        assert given == arguments_of(DOCKERFILE, target) != set()

    @pytest.mark.parametrize("path", BUILDING, ids=lambda path: path.name)
    def test_are_built_without_a_cache_of_somebody_else(self, path: Path) -> None:
        builds = [script for script in scripts_of(read(path)) if "docker build " in script]

        assert builds
        assert not [script for script in builds if "--cache-from" in script or "--pull" not in script]


class TestWhatIsCompared:
    def test_is_read_from_both(self) -> None:
        dockerfile = "FROM a AS b\nARG ONE\nFROM b AS c\nARG TWO=2\nARG THREE\n"
        workflow = {"jobs": {"image": {"steps": [{"run": 'docker build --build-arg "TWO=$X" --build-arg FOUR=4 .'}]}}}

        assert arguments_of(dockerfile, "c") == {"TWO", "THREE"}
        assert arguments_given(workflow) == {"TWO", "FOUR"}
