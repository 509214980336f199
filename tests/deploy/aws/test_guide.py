"""The task definitions of docs/aws.md run the service as it wants to be run: settings, keys, user, time to end."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from app.bootstrap import check_servers, check_settings
from app.cli import application
from app.core.settings import Settings, SettingsError, load_settings
from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.reference_rules import secrets_of
from tests.deploy.kubernetes.rendering import of_kind, pods, render
from tests.deploy.programs import require_program

GUIDE = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
# What Secrets Manager has, in a form that the start accepts; the mail server is in that of the guide.
SECRETS = {
    "MONGO_SECRET_ARN": "mongodb+srv://taskfleet:secret@cluster.example.net/",
    "REDIS_SECRET_ARN": "rediss://:secret@cache.example.net:6379/0",
    "SMTP_SECRET_ARN": re.findall(r"`(smtps://\S+)`", GUIDE)[0],
}
# The files that the first container writes, by the variables in which it is told what goes into them.
KEY_FILES = {"SIGNING_KEY": "/key/signing-key.pem", "VAPID_KEY": "/key/vapid-key.pem"}


def containers_of(family: str) -> list[dict[str, Any]]:
    """Return the container that prepares, and the one that does what the task is for."""
    definitions = map(json.loads, re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
    [containers] = [each["containerDefinitions"] for each in definitions if each["family"] == family]
    assert [each["name"] for each in containers] == ["prepare", family.removeprefix("taskfleet-")]
    return list(containers)


@pytest.fixture
def prepare() -> dict[str, Any]:
    return containers_of("taskfleet-api")[0]


@pytest.fixture
def service() -> dict[str, Any]:
    return containers_of("taskfleet-api")[1]


class Surroundings:
    """The environment of a task, which has nothing else in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, key_file: Path) -> None:
        self._monkeypatch = monkeypatch
        self._key_file = key_file

    def enter(self, family: str, *, has_keys: bool = True) -> None:
        """Set what a task definition sets, with a key where the first container puts what it is told, or no keys."""
        prepare, service = containers_of(family)
        variables = {each["name"]: each["value"] for each in service["environment"]}
        variables |= {each["name"]: SECRETS[each["valueFrom"]] for each in service["secrets"]}
        keys = {name for name in variables if name.endswith("_KEY_FILE")}
        assert {variables[name] for name in keys} == {KEY_FILES[each["name"]] for each in prepare["secrets"]}
        for name in [name for name in os.environ if name.startswith("TASKFLEET_")]:
            self._monkeypatch.delenv(name)
        for name, value in variables.items():
            if name not in keys:
                self._monkeypatch.setenv(name, value)
            elif has_keys:
                self._monkeypatch.setenv(name, str(self._key_file))


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, signing_key_file: Path) -> Surroundings:
    monkeypatch.chdir(tmp_path)
    return Surroundings(monkeypatch, signing_key_file)


class TestTheService:
    def test_starts_in_production_with_its_settings(self, surroundings: Surroundings) -> None:
        surroundings.enter("taskfleet-api")
        settings = load_settings()
        check_settings(settings)

        assert settings.runtime.profile == "production"
        assert settings.http.forwarded_header == "forwarded"
        assert settings.http.trusted_proxies == ("10.0.0.0/16",)

    def test_would_not_start_with_one_that_does_not_exist(
        self, surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        surroundings.enter("taskfleet-api")
        monkeypatch.setenv("TASKFLEET_FORWARDED_HEADERS", "forwarded")

        with pytest.raises(SettingsError, match="FORWARDED_HEADERS"):
            load_settings()

    def test_may_take_as_long_to_end_as_a_pod(self, service: dict[str, Any]) -> None:
        [api] = [
            each for each in of_kind(render("overlays/production"), "Deployment") if each["metadata"]["name"] == "api"
        ]

        assert service["stopTimeout"] == api["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]

    def test_writes_to_volumes_alone(self, service: dict[str, Any]) -> None:
        assert service["readonlyRootFilesystem"] is True
        assert {mount["sourceVolume"]: mount.get("readOnly", False) for mount in service["mountPoints"]} == {
            "key": True,
            "tmp": False,
        }


class TestTheWorker:
    @pytest.fixture
    def settings(self, surroundings: Surroundings) -> Settings:
        surroundings.enter("taskfleet-worker")
        settings = load_settings(is_serving=False)
        check_servers(settings)
        return settings

    def test_starts_in_production_with_its_settings(self, settings: Settings) -> None:
        assert settings.runtime.profile == "production"
        assert settings.notifications.mail is not None
        assert settings.jwt.private_key_file is None

    def test_alone_tells_what_is_due_since_it_alone_has_all_channels(
        self, settings: Settings, surroundings: Surroundings
    ) -> None:
        surroundings.enter("taskfleet-api")
        api = load_settings()

        assert (api.notifications.deliver_in_api, api.notifications.mail) == (False, None)

    def test_signs_web_pushes_with_the_key_that_browsers_are_told_of(
        self, settings: Settings, prepare: dict[str, Any]
    ) -> None:
        [secret] = containers_of("taskfleet-worker")[0]["secrets"]

        assert secret in prepare["secrets"]
        assert settings.notifications.vapid_private_key_file is not None


class TestTheMigration:
    """Its task is that of the service without the keys, and without the settings that name them."""

    def test_has_a_command_that_there_is(self) -> None:
        [command] = re.findall(r"migration has the command `(\[.*?\])`", " ".join(GUIDE.split()))
        [name] = json.loads(command)

        assert name in get_group(application).commands

    def test_starts_in_production_with_its_settings(self, surroundings: Surroundings) -> None:
        surroundings.enter("taskfleet-api", has_keys=False)
        settings = load_settings(is_serving=False)
        check_servers(settings)

        assert settings.runtime.profile == "production"
        assert settings.mongo.url.get_secret_value() == SECRETS["MONGO_SECRET_ARN"]
        assert (settings.jwt.private_key_file, settings.notifications.vapid_private_key_file) == (None, None)

    def test_is_no_service(self, surroundings: Surroundings) -> None:
        """The control: what serves needs the key that was left out."""
        surroundings.enter("taskfleet-api", has_keys=False)

        with pytest.raises(SettingsError, match="JWT_PRIVATE_KEY_FILE"):
            load_settings()


class TestTheSecrets:
    def test_are_on_eks_those_that_the_manifests_name(self) -> None:
        section = GUIDE.partition("\n### Secrets and deployments\n")[2]
        processes = [pod for pod in pods(render("overlays/production")) if pod.owner["kind"] == "Deployment"]

        assert set(re.findall(r"`(taskfleet-[\w-]+)`", section)) == {
            name for pod in processes for name, _ in secrets_of(pod)
        }


class TestWhatRunsBefore:
    @pytest.mark.parametrize("told", [("SIGNING_KEY", "VAPID_KEY"), ("VAPID_KEY",), ()])
    def test_puts_the_keys_where_the_user_of_the_image_alone_reads_them(
        self, told: tuple[str, ...], prepare: dict[str, Any], tmp_path: Path
    ) -> None:
        """`chown` takes root; one that writes down what it is asked takes its place."""
        chown, key, scratch = tmp_path / "chown", tmp_path / "key", tmp_path / "scratch"
        chown.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n', encoding="utf-8")
        chown.chmod(0o755)
        (tmp_path / "asked").touch()
        key.mkdir()
        scratch.mkdir()
        shell, option, script = prepare["command"]
        script = re.sub(r"(chmod 1777) \S+;", rf"\1 {scratch};", script).replace("/key/", f"{key}/")
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

        subprocess.run(
            [require_program(shell, "dash"), option, script],
            env={"PATH": path} | {name: f"-----BEGIN {name}\n100%\n-----END" for name in told},
            check=True,
            timeout=60,
        )

        files = {name: key / KEY_FILES[name].removeprefix("/key/") for name in told}
        assert {*key.iterdir()} == {*files.values()}
        for name, file in files.items():
            assert file.read_text("utf-8") == f"-----BEGIN {name}\n100%\n-----END\n"
            assert file.stat().st_mode & 0o777 == 0o400
        assert scratch.stat().st_mode & 0o7777 == 0o1777
        runtime = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
        [user] = re.findall(r"^USER (\d+):", runtime, re.MULTILINE)
        assert (tmp_path / "asked").read_text("utf-8").splitlines() == [f"{user} {file}" for file in files.values()]
