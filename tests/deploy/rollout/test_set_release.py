"""`k8s/set-release` names the images of a version, by digest where one is given, and refuses what cannot be one."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.rendering import render

COMPONENT = """# The one place.
kind: Component
images:
  - name: taskfleet
    newName: ghcr.io/taskfleet/taskfleet
    newTag: 0.1.0
  - name: taskfleet-gateway
    newName: ghcr.io/taskfleet/taskfleet-gateway
    newTag: 0.1.0
    digest: sha256:old
replacements:
  - source:
      kind: Job
      name: migrate-version
"""
DIGEST, GATEWAY_DIGEST = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


class Component:
    """A copy of the one file that is written."""

    def __init__(self, directory: Path) -> None:
        self._script = directory / "k8s" / "set-release"
        self.path = directory / "k8s" / "components" / "release" / "kustomization.yaml"
        self.path.parent.mkdir(parents=True)
        self.path.write_text(COMPONENT, encoding="utf-8")
        self._script.write_bytes((ROOT / "k8s" / "set-release").read_bytes())

    def set(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["/bin/sh", self._script, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    @property
    def images(self) -> list[dict[str, str]]:
        images: list[dict[str, str]] = yaml.safe_load(self.path.read_text(encoding="utf-8"))["images"]
        return images


@pytest.fixture
def component(tmp_path: Path) -> Component:
    return Component(tmp_path)


class TestSettingTheRelease:
    def test_names_both_images_by_version_and_digest(self, component: Component) -> None:
        assert component.set("1.10", "ghcr.io/acme", DIGEST, GATEWAY_DIGEST).returncode == 0

        # The version is text even where it looks like a number, which would lose its last zero.
        assert component.images == [
            {"name": "taskfleet", "newName": "ghcr.io/acme/taskfleet", "newTag": "1.10", "digest": DIGEST},
            {
                "name": "taskfleet-gateway",
                "newName": "ghcr.io/acme/taskfleet-gateway",
                "newTag": "1.10",
                "digest": GATEWAY_DIGEST,
            },
        ]

    def test_forgets_the_digest_of_the_version_before(self, component: Component) -> None:
        component.set("1.2.3", "ghcr.io/acme")

        assert all("digest" not in image for image in component.images)

    def test_leaves_the_rest_as_it_was(self, component: Component) -> None:
        component.set("1.2.3", "ghcr.io/acme")

        assert component.path.read_text(encoding="utf-8").endswith(COMPONENT[COMPONENT.index("replacements:") :])

    @pytest.mark.parametrize(
        "arguments",
        [
            ("1.2.3",),
            ("V1", "ghcr.io/acme"),
            ("1.2.3\n  x: y", "ghcr.io/acme"),
            ("1.2.3", "ghcr.io/acme/"),
            ("1.2.3", "registry.example.com:5000/acme"),
            ("1.2.3", "ghcr.io/acme", "latest", GATEWAY_DIGEST),
            ("1.2.3", "ghcr.io/acme", DIGEST[:-1], GATEWAY_DIGEST),
            ("1.2.3", "ghcr.io/acme", DIGEST, f"{GATEWAY_DIGEST[:-1]}\n"),
            ("1" * 49, "ghcr.io/acme"),
        ],
    )
    def test_refuses_what_is_none(self, component: Component, arguments: tuple[str, ...]) -> None:
        finished = component.set(*arguments)

        assert finished.returncode == 1
        assert finished.stderr.startswith("set-release: ")
        assert component.path.read_text(encoding="utf-8") == COMPONENT

    def test_refuses_a_file_that_names_other_images(self, component: Component) -> None:
        text = COMPONENT.replace("taskfleet-gateway", "taskfleet").replace("    newTag: 0.1.0\n", "", 1)
        component.path.write_text(text, encoding="utf-8")

        assert component.set("1.2.3", "ghcr.io/acme").returncode == 1
        assert component.path.read_text(encoding="utf-8") == text


class TestTheManifests:
    def test_run_what_was_set(self, tmp_path: Path) -> None:
        shutil.copytree(ROOT / "k8s", tmp_path / "k8s")
        command = ["/bin/sh", tmp_path / "k8s" / "set-release", "9.8.7", "ghcr.io/acme", DIGEST, GATEWAY_DIGEST]
        subprocess.run(command, timeout=60, check=True)

        objects = render("overlays/production", tmp_path / "k8s")

        images = {
            container["image"]
            for each in objects
            if each["kind"] in {"Deployment", "Job"}
            for container in each["spec"]["template"]["spec"]["containers"]
        }
        assert images == {
            f"ghcr.io/acme/taskfleet:9.8.7@{DIGEST}",
            f"ghcr.io/acme/taskfleet-gateway:9.8.7@{GATEWAY_DIGEST}",
        }
        [migration] = [each for each in objects if each["kind"] == "Job"]
        assert migration["metadata"]["name"] == "migrate-9.8.7"
        assert migration["metadata"]["labels"]["taskfleet/stage"] == "migrate"
