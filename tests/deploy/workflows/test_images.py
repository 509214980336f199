"""The images that are scanned and released are those of the Dockerfile, and are told what they are."""

import itertools
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from tests.deploy.programs import require_program
from tests.deploy.workflows.workflows import GITHUB, ROOT, read, steps_of

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
RELEASE = read(GITHUB / "workflows" / "release.yml")
SCAN = read(GITHUB / "workflows" / "scan.yml")
# What people get, by the name of its target.
IMAGES = {"runtime": "taskfleet", "gateway": "taskfleet-gateway"}
STAGED = f"ghcr.io/owner/taskfleet:{__version__}-amd64"
# What GitHub and the steps before put into the environment.
ENVIRONMENT = {"STAGED": STAGED, "SOURCE": "https://github.com/owner/taskfleet"}


def arguments_of(dockerfile: str, target: str) -> set[str]:
    """The arguments that the stage of a target takes."""
    stages = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)
    [stage] = [stage for stage in stages if re.match(rf".* AS {target}$", stage.partition("\n")[0])]
    return set(re.findall(r"^ARG (\w+)", stage, re.MULTILINE))


def script_of(workflow: dict[str, Any], name: str) -> str:
    """What the step of a name runs."""
    [script] = [step["run"] for step in steps_of(workflow) if step["name"] == name]
    return str(script)


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does where the shell is named, with nothing but PATH besides."""
    bash = require_program("bash", "bash")
    return subprocess.run(
        [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def options_of_build(workflow: dict[str, Any], target: str, directory: Path) -> list[str]:
    """Run the step that builds, with a docker that writes down what is asked of it, and return that."""
    written = directory / "asked"
    docker = directory / "docker"
    docker.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {written}\n', encoding="utf-8")
    docker.chmod(0o755)
    path = f"{directory}{os.pathsep}{os.environ['PATH']}"
    built = run(script_of(workflow, "Build"), {**ENVIRONMENT, "PATH": path, "TARGET": target})
    assert built.returncode == 0, built.stderr
    return written.read_text(encoding="utf-8").splitlines()


def values_of(option: str, options: list[str]) -> list[str]:
    return [value for name, value in itertools.pairwise(options) if name == option]


class TestTheImages:
    def test_are_released_under_their_names(self) -> None:
        images = RELEASE["jobs"]["image"]["strategy"]["matrix"]["image"]

        assert {image["target"]: image["name"] for image in images} == IMAGES

    def test_are_all_scanned(self) -> None:
        scanned = SCAN["jobs"]["image"]["strategy"]["matrix"]["target"]

        assert set(scanned) == set(IMAGES)


@pytest.mark.parametrize("target", IMAGES)
class TestAReleasedImage:
    def test_is_told_its_version_source_and_revision(self, target: str, tmp_path: Path) -> None:
        given = dict(
            value.split("=", 1) for value in values_of("--build-arg", options_of_build(RELEASE, target, tmp_path))
        )

        assert given.keys() - {"SOURCE_DATE_EPOCH"} == arguments_of(DOCKERFILE, target) != set()
        assert given["TASKFLEET_VERSION"] == __version__
        assert given["TASKFLEET_SOURCE"] == "https://github.com/owner/taskfleet"

    def test_has_the_name_by_which_it_is_scanned_and_pushed(self, target: str, tmp_path: Path) -> None:
        options = options_of_build(RELEASE, target, tmp_path)

        assert STAGED in values_of("--tag", options)
        assert values_of("--target", options) == [target]

    @pytest.mark.parametrize("workflow", [RELEASE, SCAN], ids=["release", "scan"])
    def test_is_built_without_a_cache_of_somebody_else(
        self, workflow: dict[str, Any], target: str, tmp_path: Path
    ) -> None:
        options = options_of_build(workflow, target, tmp_path)

        assert options[0] == "build"
        assert "--pull" in options
        assert "--cache-from" not in options

    def test_is_scanned_by_the_name_that_it_gets(self, target: str, tmp_path: Path) -> None:
        tags = values_of("--tag", options_of_build(SCAN, target, tmp_path))
        [scanned] = [step["with"]["image"] for step in steps_of(SCAN) if "scan-action" in step.get("uses", "")]

        assert scanned.replace("${{ matrix.target }}", target) in tags


class TestATag:
    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        return {
            "GITHUB_ENV": str(tmp_path / "environment"),
            "GITHUB_REPOSITORY_OWNER": "Owner",
            "NAME": "taskfleet",
            "ARCHITECTURE": "amd64",
        }

    def test_that_is_the_version_names_the_images(self, environment: dict[str, str], tmp_path: Path) -> None:
        script = script_of(RELEASE, "Compare the tag with the version")

        assert run(script, {**environment, "GITHUB_REF_NAME": f"v{__version__}"}).returncode == 0
        assert (tmp_path / "environment").read_text("utf-8").splitlines() == [
            "IMAGE=ghcr.io/owner/taskfleet",
            f"STAGED={STAGED}",
        ]

    def test_that_is_another_version_is_refused_with_a_reason(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        compared = run(
            script_of(RELEASE, "Compare the tag with the version"), {**environment, "GITHUB_REF_NAME": "v99"}
        )

        assert compared.returncode == 1
        assert "v99 is not the version of this commit" in compared.stdout
        assert not (tmp_path / "environment").exists()


class TestWhatIsCompared:
    def test_is_read_from_the_stage_of_the_target(self) -> None:
        dockerfile = "FROM a AS b\nARG ONE\nFROM b AS c\nARG TWO=2\nARG THREE\n"

        assert arguments_of(dockerfile, "c") == {"TWO", "THREE"}
