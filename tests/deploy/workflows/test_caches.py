"""A job keeps from run to run what it installs: another's cache under the same key would be found for ever."""

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.programs import require_program
from tests.deploy.workflows.workflows import CI, ROOT, read, targets_called

SET_UP = "./.github/actions/setup"
JOBS = read(CI)["jobs"]

_NPM = re.compile(r"npm --prefix (\S+) ci\b")


def commands_of(target: str) -> str:
    """What make would run for a target on a machine where nothing has been made yet."""
    require_program("node", "nodejs")
    finished = subprocess.run(
        [require_program("make", "make"), "--dry-run", "--always-make", "--no-print-directory", target],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return finished.stdout


def installed_by(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the targets of a job install, as the user that is signed in: `pip`, or `npm` with the lock."""
    for step in job["steps"]:
        script = step.get("run", "")
        if "sudo" in script:
            continue  # keeps it in the home of root, where no cache looks
        for target in targets_called(script):
            commands = commands_of(target)
            yield from (("npm", f"{directory}/package-lock.json") for directory in _NPM.findall(commands))
            yield from (("pip", "") for _ in re.findall(r"-m pip .*install", commands))


def faults_of(job: dict[str, Any]) -> list[str]:
    """Say what a job keeps and does not install, or the other way round."""
    installed = set(installed_by(job))
    [given] = [step.get("with", {}) for step in job["steps"] if step.get("uses") == SET_UP]
    locks = set(given.get("npm-locks", "").split())
    wanted = {lock for installer, lock in installed if installer == "npm"}
    faults = [f"keeps {lock}, which it does not install" for lock in sorted(locks - wanted)]
    faults += [f"does not keep {lock}" for lock in sorted(wanted - locks)]
    # The action of Python fails at the end of a job in which pip has kept nothing.
    return faults if ("pip", "") in installed else [*faults, "has nothing of pip to keep"]


class TestEachJob:
    @pytest.mark.parametrize("name", JOBS)
    def test_keeps_what_it_installs(self, name: str) -> None:
        assert faults_of(JOBS[name]) == []

    def test_names_locks_that_there_are(self) -> None:
        locks = {lock for job in JOBS.values() for step in job["steps"] for lock in _locks_of(step)}

        assert locks
        assert [lock for lock in locks if not (ROOT / lock).is_file()] == []


def _locks_of(step: dict[str, Any]) -> list[str]:
    locks: str = step.get("with", {}).get("npm-locks", "")
    return locks.split()


class TestAJobThatKeepsSomethingElse:
    def test_is_found(self) -> None:
        set_up = {"uses": SET_UP, "with": {"npm-locks": "web/package-lock.json bench/mern/package-lock.json"}}

        assert faults_of({"steps": [set_up, {"run": "make test-pymongo"}]}) == [
            "keeps bench/mern/package-lock.json, which it does not install",
            "keeps web/package-lock.json, which it does not install",
            "does not keep tests/integration/postman/package-lock.json",
        ]

    def test_is_found_where_only_root_installs(self) -> None:
        assert faults_of({"steps": [{"uses": SET_UP}, {"run": "sudo make image-test"}]}) == [
            "has nothing of pip to keep"
        ]
