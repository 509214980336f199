"""The locks: everything pinned with hashes, from no particular place, and in step with pyproject.toml."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
LOCKS = {name: REPOSITORY / "requirements" / f"{name}.lock" for name in ("production", "development", "profile")}
CONFIGURATION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = CONFIGURATION["project"]
NODE_LOCKS = [
    REPOSITORY / directory / "package-lock.json"
    for directory in ("bench/mern", "tests/deploy/node", "tests/integration/postman", "web")
]
DECLARED = {
    "production": PROJECT["dependencies"],
    "development": [
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["local"],
        *PROJECT["optional-dependencies"]["dev"],
    ],
    "profile": CONFIGURATION["dependency-groups"]["profile"],
}


def read_pins(lock: Path) -> dict[str, set[str]]:
    """The pinned versions by package; one package may have several, for different Pythons."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+-]+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


@pytest.mark.parametrize("name", LOCKS)
class TestALock:
    def test_has_a_hash_for_every_package(self, name: str) -> None:
        text = re.sub(r"^ *#.*\n", "", LOCKS[name].read_text(encoding="utf-8"), flags=re.MULTILINE)
        entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
        for entry in filter(None, entries):
            assert re.match(r"[\w.-]+==", entry), entry
            assert "--hash=sha256:" in entry, entry

    def test_names_no_place_to_download_from(self, name: str) -> None:
        assert not re.search(r"://|--(extra-)?index-url|--find-links", LOCKS[name].read_text(encoding="utf-8"))

    def test_holds_what_the_project_declares(self, name: str) -> None:
        pins = read_pins(LOCKS[name])
        for requirement in map(Requirement, DECLARED[name]):
            versions = pins.get(canonicalize_name(requirement.name), set())
            assert versions, f"{requirement.name} is not locked; `make lock` does it"
            for version in versions:
                assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is {version}"


class TestTheTwoLocks:
    def test_agree_on_every_version(self) -> None:
        production, development = read_pins(LOCKS["production"]), read_pins(LOCKS["development"])
        assert {name: development.get(name) for name in production} == production


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=lambda path: path.parent.name)
class TestANodeLock:
    def test_has_a_hash_and_no_address_for_every_package(self, lock: Path) -> None:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        for path, package in packages.items():
            assert path == "" or package["integrity"].startswith("sha512-"), path
            assert "resolved" not in package, path
