"""Rules that no checker knows: one version of each action, an end to each job, and every program that tests need."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.deploy.workflows.workflows import ACTIONS, ROOT, WORKFLOWS, Workflow, read, scripts_of

# On GitHub's Ubuntu anyway: packages of Debian by which the tests name what they need.
PREINSTALLED = {"bash", "coreutils", "curl", "dash", "docker.io", "kubernetes-client"}
PREINSTALLED |= {"make", "nodejs", "npm", "openssl", "util-linux"}

# Tests that name programs and files which nobody has.
ABOUT_PROGRAMS = {"test_programs.py", "test_rules.py"}

_USE = re.compile(r"uses: ([\w.-]+/[\w./-]+)@(\S+)(?: # (v\d+\.\d+\.\d+))?$", re.MULTILINE)
_NEED = re.compile(r"""require_(?:program|file)\(\s*"[\w./-]+",\s*"([\w.-]+)[^"]*"\s*,?\s*\)""")
_SLOWEST_MINUTES = 240


def pin_faults(texts: Iterable[str]) -> list[str]:
    """Say which actions have no commit with its version, or several."""
    faults, pins = [], {}
    for name, commit, version in (use for text in texts for use in _USE.findall(text)):
        # Actions of one repository, such as those of CodeQL, go together.
        repository = "/".join(name.split("/")[:2])
        if not re.fullmatch(r"[0-9a-f]{40}", commit) or not version:
            faults.append(f"{name} is not pinned by a commit with its version beside it")
        elif pins.setdefault(repository, (commit, version)) != (commit, version):
            faults.append(f"{repository} is pinned twice")
    return faults


def job_faults(workflow: Workflow) -> list[str]:
    """Say which jobs may run for ever, or with rights that nobody chose."""
    # Without a name, GitHub's shell sees the last part of a pipe alone (its documentation, "shell").
    faults = [] if workflow.get("defaults") == {"run": {"shell": "bash"}} else ["the shell goes on after half a pipe"]
    for name, job in workflow["jobs"].items():
        if "uses" not in job and not 0 < job.get("timeout-minutes", 0) <= _SLOWEST_MINUTES:
            faults.append(f"{name} has no end")
        if "permissions" not in job:
            faults.append(f"{name} does not say what it may do")
    return faults


def packages_needed(texts: Iterable[str]) -> set[str]:
    """The packages of Debian whose programs tests run."""
    return {package for text in texts for package in _NEED.findall(text)}


def texts_of(paths: Iterable[Path]) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in paths]


class TestTheWorkflows:
    def test_pin_every_action_once(self) -> None:
        texts = texts_of([*WORKFLOWS, *ACTIONS])

        assert sum(len(_USE.findall(text)) for text in texts) > 10
        assert pin_faults(texts) == []

    @pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
    def test_end_each_job_and_say_what_it_may_do(self, path: Path) -> None:
        assert read(path)["permissions"] == {}
        assert job_faults(read(path)) == []

    def test_install_the_programs_that_tests_run(self) -> None:
        [script] = [script for path in ACTIONS for script in scripts_of(read(path)) if "apt-get install" in script]
        tests = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in ABOUT_PROGRAMS]
        needed = packages_needed(texts_of(tests))
        assert needed >= {"debian-archive-keyring", "kubernetes-client", "nginx-light", "prometheus"}

        assert needed - PREINSTALLED - set(script.split()) == set(), "add it to .github/actions/setup/action.yml"


class TestWhatIsWrong:
    def test_is_found_in_pins(self) -> None:
        text = f"""
            uses: a/branch@main
            uses: a/tag@v4
            uses: a/nameless@{"1" * 40}
            uses: a/two/init@{"1" * 40} # v1.0.0
            uses: a/two/analyze@{"2" * 40} # v1.0.1
        """

        assert [fault.split()[0] for fault in pin_faults([text])] == ["a/branch", "a/tag", "a/nameless", "a/two"]

    def test_is_found_in_jobs(self) -> None:
        workflow = {
            "defaults": {"run": {"shell": "bash"}},
            "jobs": {
                "endless": {"permissions": {}},
                "slow": {"permissions": {}, "timeout-minutes": 360},
                "mighty": {"timeout-minutes": 5},
                "other": {"permissions": {}, "uses": "./.github/workflows/ci.yml"},
            },
        }

        assert [fault.split()[0] for fault in job_faults(workflow)] == ["endless", "slow", "mighty"]

    def test_is_found_in_shells(self) -> None:
        assert job_faults({"jobs": {}}) == ["the shell goes on after half a pipe"]

    def test_is_found_in_programs(self) -> None:
        texts = [
            'require_program("promtool", "prometheus")',
            "require_program(name, package)",
            'require_program(\n    "kubectl", "kubernetes-client (of Debian 13)"\n)',
            'require_file("/usr/share/keys", "keyring")',
        ]

        assert packages_needed(texts) == {"prometheus", "kubernetes-client", "keyring"}
