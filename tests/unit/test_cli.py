"""The command line: what it prints, how it fails, and that it stays quick."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from pymongo.errors import OperationFailure

from app import __version__, cli
from app.core.signing_keys import generate_signing_key
from app.notifications.push.vapid import VapidKey


class Result(NamedTuple):
    exit_code: int
    output: str
    errors: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""

    def run_command(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["taskfleet", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return Result(int(end.value.code or 0), *capsys.readouterr())

    return run_command


class TestHelp:
    def test_names_every_command(self, run: Run) -> None:
        result = run("--help")
        assert result.exit_code == 0
        for command in ("local", "serve", "worker", "migrate", "openapi", "keys", "admin"):
            assert f" {command} " in result.output

    def test_imports_nothing_heavy(self) -> None:
        script = (
            "import sys; from app import cli; sys.argv = ['taskfleet', '--version']\n"
            "try: cli.main()\n"
            "except SystemExit: print(sorted({'fastapi', 'pymongo', 'pydantic', 'uvicorn'} & set(sys.modules)))"
        )
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert result.stdout == f"taskfleet {__version__}\n[]\n"

    def test_tells_the_version(self, run: Run) -> None:
        assert run("--version") == (0, f"taskfleet {__version__}\n", "")


class TestGeneratingAKey:
    def test_writes_a_file_for_its_owner_alone(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        result = run("keys", "generate", "--path", str(path))
        assert result == (
            0,
            f"Wrote {path}; TASKFLEET_JWT_PRIVATE_KEY_FILE={path} makes Taskfleet use it.\n",
            "",
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_writes_one_for_web_pushes_likewise(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = run("keys", "generate", "--vapid")
        path = tmp_path / "vapid-key.pem"
        assert result == (
            0,
            f"Wrote vapid-key.pem; TASKFLEET_VAPID_PRIVATE_KEY_FILE={path} makes Taskfleet use it.\n",
            "",
        )
        assert run("keys", "generate", "--vapid").errors == (
            "taskfleet: vapid-key.pem exists and is not replaced, because that would end every push subscription\n"
        )
        assert len(VapidKey.load(path, "mailto:ops@example.com").public_key) == 87

    def test_refuses_to_replace_a_key(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        path.touch()
        result = run("keys", "generate", "--path", str(path))
        assert result.exit_code == 1
        assert (
            result.errors == f"taskfleet: {path} exists and is not replaced, because that would end every session\n"
        )

    def test_says_when_the_file_cannot_be_written(self, run: Run, tmp_path: Path) -> None:
        result = run("keys", "generate", "--path", str(tmp_path / "gone" / "key.pem"))
        assert result.exit_code == 1
        assert result.errors == f"taskfleet: cannot write {tmp_path}/gone/key.pem: No such file or directory\n"


class TestTheDescriptionOfTheApi:
    def test_is_printed_without_any_server(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TASKFLEET_PROFILE", "production")
        monkeypatch.setenv("TASKFLEET_MONGO_URL", "mongodb://127.0.0.1:9/")
        result = run("openapi")
        assert result.exit_code == 0
        assert json.loads(result.output)["info"]["version"] == __version__

    def test_is_printed_for_api_gateway_with_the_way_to_the_load_balancer(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TASKFLEET_PROFILE", "production")  # which the command changes
        result = run("openapi", "--aws", "--vpc-link", "abc123", "--listener", "arn:aws:listener")
        assert result.exit_code == 0
        integrations = json.loads(result.output)["components"]["x-amazon-apigateway-integrations"]
        assert {each["connectionId"] for each in integrations.values()} == {"abc123"}
        assert {each["uri"] for each in integrations.values()} == {"arn:aws:listener"}

    @pytest.mark.parametrize(
        "options",
        [
            ("--aws",),
            ("--aws", "--vpc-link", "abc123"),
            ("--server-name", "api.internal"),
            ("--aws", "--vpc-link", "abc123", "--listener", "arn:aws:listener", "--postman"),
        ],
    )
    def test_is_not_printed_in_a_form_that_nobody_asked_for(self, run: Run, options: tuple[str, ...]) -> None:
        result = run("openapi", *options)
        assert (result.exit_code, result.output) == (2, "")


class TestABadSetting:
    @pytest.mark.parametrize("command", ["serve", "migrate", "local", "openapi"])
    def test_is_one_line_and_exit_code_2(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TASKFLEET_PROFILE", "local")
        monkeypatch.setenv("TASKFLEET_NO_SUCH_THING", "1")
        result = run(command)
        assert (result.exit_code, result.output) == (2, "")
        assert result.errors.startswith("taskfleet: unknown setting TASKFLEET_NO_SUCH_THING")
        assert len(result.errors.splitlines()) == 1

    def test_of_the_production_profile_stops_the_start(self, run: Run) -> None:
        result = run("serve")
        assert result == (2, "", "taskfleet: TASKFLEET_PUBLIC_URL must be https in the production profile\n")


class TestActingOnALocalInstallation:
    @pytest.mark.parametrize("is_stale", [False, True])
    def test_that_does_not_run_is_one_line(self, run: Run, tmp_path: Path, is_stale: bool) -> None:
        if is_stale:  # as a process leaves it that was killed
            for name in ("taskfleet.lock", "running.env"):
                (tmp_path / name).touch()

        result = run("admin", "users", "--data-dir", str(tmp_path))

        assert result == (
            1,
            "",
            f"taskfleet: no `taskfleet local` is ready on the data directory {tmp_path}; start it first\n",
        )


class TestAFaultOfOurs:
    def test_is_not_hidden(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(cli, "application", fail)
        with pytest.raises(ZeroDivisionError):
            cli.main()


class TestADatabaseThatRefuses:
    def test_is_one_line(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationFailure("not authorized, full error: {'code': 13}", 13)

        monkeypatch.setattr(cli, "application", fail)
        assert run("migrate") == (1, "", "taskfleet: MongoDB: not authorized\n")


class TestAnAddressThatIsNone:
    @pytest.mark.parametrize("command", ["migrate", "worker", "serve"])
    def test_is_told_in_one_line(
        self, command: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        generate_signing_key(tmp_path / "key.pem")
        monkeypatch.setenv("TASKFLEET_PROFILE", "local")
        monkeypatch.setenv("TASKFLEET_JWT_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
        monkeypatch.setenv("TASKFLEET_MONGO_URL", "nonsense://")
        result = run(command)
        assert result.exit_code == 2
        assert (
            result.errors == "taskfleet: TASKFLEET_MONGO_URL is no connection string that MongoDB's driver can read\n"
        )
