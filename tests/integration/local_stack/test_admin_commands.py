"""`taskfleet admin` as a process beside a running `taskfleet local`, all of whose workers know at once."""

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.integration.local_stack.local_process import ApiUser, LocalProcess, run_taskfleet

# Enough for each of two workers to be asked, as good as surely.
ASKED = 12


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """Two workers with a user, and an administrator beside whom others may be made and unmade."""
    data = tmp_path_factory.mktemp("admin") / "data"
    settings = {"TASKFLEET_ADMIN_EMAILS": "root@example.org", "TASKFLEET_RATE_LIMIT_AUTH": ""}
    with LocalProcess(data, "--workers", "2", **settings) as process:
        url = process.wait_until_ready()
        for name in ("root", "ada"):
            ApiUser(url, f"{name}@example.org")
        yield process
        process.stop()


def run_admin(installation: LocalProcess, *arguments: str) -> CompletedProcess[str]:
    return run_taskfleet("admin", *arguments, "--data-dir", str(installation.data_directory))


def ask(user: ApiUser, path: str) -> set[int]:
    """The statuses of several answers, each over a connection of its own."""
    found = set()
    for _ in range(ASKED):
        try:
            user.call("GET", path)
            found.add(200)
        except urllib.error.HTTPError as refusal:
            found.add(refusal.code)
            refusal.close()
    return found


class TestACommandThatSucceeds:
    def test_is_known_to_every_worker_at_once(self, installation: LocalProcess) -> None:
        assert run_admin(installation, "grant", "ada@example.org").returncode == 0
        ada = ApiUser(installation.url, "ada@example.org")
        assert ask(ada, "/admin/users") == ask(ada, "/me") == {200}

        revoked = run_admin(installation, "revoke", "ada@example.org")

        assert (revoked.returncode, revoked.stdout, revoked.stderr) == (
            0,
            "ada@example.org is an ordinary user now\n",
            "",
        )
        assert ask(ada, "/me") == ask(ada, "/admin/users") == {401}

    def test_prints_json_and_nothing_else(self, installation: LocalProcess) -> None:
        listed = run_admin(installation, "users", "--json")

        assert [user["email"] for user in json.loads(listed.stdout)] == ["ada@example.org", "root@example.org"]
        assert listed.stderr == ""

    def test_says_beside_its_output_that_there_is_more(self, installation: LocalProcess) -> None:
        listed = run_admin(installation, "users", "--limit", "1")

        assert len(listed.stdout.splitlines()) == 2
        assert listed.stderr == "taskfleet: there are more; --limit shows them, --query looks for some\n"


class TestACommandThatFails:
    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("grant", "nobody@example.org"), "Nobody has the address nobody@example.org; the first sign-in makes"),
            (("disable", "ada"), "'ada' is no e-mail address."),
            (("revoke", "root@example.org"), "This is the last administrator who is not disabled."),
        ],
    )
    def test_is_one_line_and_exit_code_1(
        self, installation: LocalProcess, arguments: tuple[str, str], complaint: str
    ) -> None:
        failed = run_admin(installation, *arguments)

        assert (failed.returncode, failed.stdout) == (1, "")
        assert failed.stderr.startswith(f"taskfleet: {complaint}")
        assert len(failed.stderr.splitlines()) == 1


class TestAnInstallationThatHasEnded:
    def test_leaves_no_addresses_behind(self, tmp_path: Path) -> None:
        with LocalProcess(tmp_path / "data") as process:
            process.wait_until_ready()
            assert (tmp_path / "data" / "running.env").exists()
            process.stop()

        assert not (tmp_path / "data" / "running.env").exists()
