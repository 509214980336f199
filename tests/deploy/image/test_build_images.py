"""docker/build-images takes the first engine that works, and tells it what is to be in the images."""

import os
import subprocess
from pathlib import Path

import pytest

from app import __version__
from tests.architecture.documents import ROOT
from tests.deploy.image.bases import read_bases

BUILD_IMAGES = ROOT / "docker" / "build-images"
# Takes note of how it was called; `images` is the question whether it works.
ENGINE = '#!/bin/sh\n[ "$1" = images ] && exit {status}\necho "$(basename "$0") $*" >>"{log}"\n'


class Engines:
    """Stand-ins for engines, on a PATH with nothing else but what the script itself calls."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = directory / "log"
        for program in ("sh", "dirname", "basename", "sed", "git", "date"):
            found = next(path for path in os.get_exec_path() if (Path(path) / program).exists())
            (directory / program).symlink_to(Path(found) / program)

    def add(self, name: str, *, works: bool) -> None:
        """Install one."""
        program = self._directory / name
        program.write_text(ENGINE.format(status=0 if works else 1, log=self._log))
        program.chmod(0o755)

    def build(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        environment = {"PATH": str(self._directory), **variables}
        return subprocess.run([BUILD_IMAGES, *options], env=environment, capture_output=True, text=True, check=False)

    @property
    def calls(self) -> list[str]:
        """How they were called."""
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    """None so far."""
    return Engines(tmp_path)


class TestTheEngine:
    def test_is_the_first_that_works(self, engines: Engines) -> None:
        engines.add("docker", works=False)
        engines.add("buildah", works=True)

        assert engines.build().returncode == 0
        assert [call.split()[0] for call in engines.calls] == ["buildah", "buildah"]

    def test_is_docker_where_it_works(self, engines: Engines) -> None:
        engines.add("docker", works=True)
        engines.add("buildah", works=True)

        engines.build()

        assert [call.split()[0] for call in engines.calls] == ["docker", "docker"]

    def test_is_the_one_that_is_named(self, engines: Engines) -> None:
        engines.add("docker", works=True)
        engines.add("podman", works=True)

        engines.build(ENGINE="podman")

        assert [call.split()[0] for call in engines.calls] == ["podman", "podman"]

    def test_is_missed_in_one_line(self, engines: Engines) -> None:
        engines.add("docker", works=False)

        result = engines.build()

        assert result.returncode == 1
        assert result.stderr.startswith("make image needs docker")
        assert engines.calls == []


class TestTheBuild:
    def test_makes_both_images_with_the_version_as_their_tag(self, engines: Engines) -> None:
        engines.add("buildah", works=True)

        engines.build("--no-cache")

        for call, name in zip(engines.calls, ("taskfleet", "taskfleet-gateway"), strict=True):
            assert f"--tag {name}:{__version__} " in call
            assert f"--build-arg TASKFLEET_VERSION={__version__} " in call
            assert call.endswith("--no-cache .")
            assert "--secret" not in call

    def test_hands_on_where_packages_come_from(self, engines: Engines) -> None:
        engines.add("buildah", works=True)

        engines.build(TARGETS="runtime", PIP_CONFIGURATION="/a/pip.conf", NPM_CONFIGURATION="/a/npmrc")

        [call] = engines.calls
        assert "--secret id=pip,src=/a/pip.conf" in call
        assert "--secret id=npmrc,src=/a/npmrc" in call


class TestTheDockerfile:
    def test_begins_with_pinned_images_alone(self) -> None:
        bases = read_bases()
        assert bases.keys() == {"node", "python", "nginx-unprivileged"}
        for image in bases.values():
            _, _, digest = image.partition("@sha256:")
            assert len(digest) == 64
