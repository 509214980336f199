"""Dependabot looks where there is something to look for, and nowhere else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.workflows.workflows import GITHUB, ROOT, read

# By what Dependabot knows a directory of an ecosystem (its documentation, "package-ecosystem").
MANIFESTS: Mapping[str, tuple[str, ...]] = {
    "docker": ("Dockerfile",),
    "docker-compose": ("docker-compose.yml", "compose.yml"),
    "github-actions": ("action.yml",),
    "npm": ("package.json",),
}
# An image with its tag, which Dependabot's `docker` looks for in manifests of Kubernetes too.
_TAGGED_IMAGE = re.compile(r"^\s+(?:- )?image: \S+:\d", re.MULTILINE)
IGNORED = frozenset({"node_modules", ".venv", ".git", "dist"})


def directories_of(update: Mapping[str, Any]) -> list[str]:
    return update["directories"] if "directories" in update else [update["directory"]]


def manifests_in(root: Path, ecosystem: str) -> Iterator[str]:
    """Yield the directories, as Dependabot writes them, that have a manifest of an ecosystem."""
    if ecosystem == "github-actions":
        yield "/"  # stands for .github/workflows
    paths = [path for name in MANIFESTS[ecosystem] for path in root.rglob(name)]
    if ecosystem == "docker":
        manifests = (root / "k8s").rglob("*.yaml")
        paths += [path for path in manifests if _TAGGED_IMAGE.search(path.read_text(encoding="utf-8"))]
    for path in paths:
        if not IGNORED & set(path.relative_to(root).parts):
            directory = path.parent.relative_to(root).as_posix()
            yield "/" if directory == "." else f"/{directory}"


def faults_of(configuration: Mapping[str, Any], root: Path) -> list[str]:
    """Say what is wrong with a configuration for this tree."""
    faults = []
    if configuration["version"] != 2:
        faults.append("the version is 2")
    watched = {update["package-ecosystem"]: directories_of(update) for update in configuration["updates"]}
    if len(watched) != len(configuration["updates"]):
        faults.append("an ecosystem is named twice")
    faults += [f"{name} is no ecosystem that we have" for name in watched.keys() - MANIFESTS.keys()]
    for ecosystem in MANIFESTS:
        there, named = set(manifests_in(root, ecosystem)), set(watched.get(ecosystem, ()))
        faults += [f"nobody watches {ecosystem} in {directory}" for directory in sorted(there - named)]
        faults += [f"there is no {name}" for name in sorted(named) if not (root / name.strip("/")).is_dir()]
    return faults


class TestTheConfiguration:
    def test_names_every_directory_that_has_versions_and_none_that_is_not_there(self) -> None:
        assert faults_of(read(GITHUB / "dependabot.yml"), ROOT) == []

    def test_waits_for_a_week_and_asks_once_a_week(self) -> None:
        for update in read(GITHUB / "dependabot.yml")["updates"]:
            assert update["schedule"] == {"interval": "weekly"}
            assert update["cooldown"]["default-days"] >= 7


class TestAConfigurationThatIsWrong:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        for name in ("Dockerfile", "web/package.json", "web/node_modules/left-pad/package.json"):
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        for directory, image in (("cache", "valkey/valkey:8.1.3"), ("app", "taskfleet")):
            manifest = tmp_path / "k8s" / directory / "deployment.yaml"
            manifest.parent.mkdir(parents=True)
            manifest.write_text(f"spec:\n  containers:\n    - image: {image}\n", encoding="utf-8")
        return tmp_path

    def test_is_found(self, tree: Path) -> None:
        updates = [
            {"package-ecosystem": "npm", "directory": "/wbe"},
            {"package-ecosystem": "cargo", "directory": "/"},
            {"package-ecosystem": "github-actions", "directory": "/"},
        ]

        assert faults_of({"version": 2, "updates": updates}, tree) == [
            "cargo is no ecosystem that we have",
            "nobody watches docker in /",
            "nobody watches docker in /k8s/cache",
            "nobody watches npm in /web",
            "there is no /wbe",
        ]

    def test_is_told_from_one_that_is_right(self, tree: Path) -> None:
        updates = [
            {"package-ecosystem": "npm", "directories": ["/web"]},
            {"package-ecosystem": "docker", "directories": ["/", "/k8s/cache"]},
            {"package-ecosystem": "github-actions", "directory": "/"},
        ]

        assert faults_of({"version": 2, "updates": updates}, tree) == []
