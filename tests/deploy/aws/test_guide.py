"""The task definition of docs/aws.md runs the service as it wants to be run: settings, user, time to end."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.core.settings import SettingsError, load_settings
from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.rendering import of_kind, render
from tests.deploy.programs import require_program

GUIDE = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
# What Secrets Manager has, in a form that the start accepts.
SECRETS = {
    "MONGO_SECRET_ARN": "mongodb+srv://taskfleet:secret@cluster.example.net/",
    "REDIS_SECRET_ARN": "rediss://:secret@cache.example.net:6379/0",
}


def task_definition() -> dict[str, Any]:
    [text] = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    definition: dict[str, Any] = json.loads(text)
    return definition


@pytest.fixture
def prepare() -> dict[str, Any]:
    container: dict[str, Any] = task_definition()["containerDefinitions"][0]
    return container


@pytest.fixture
def service() -> dict[str, Any]:
    container: dict[str, Any] = task_definition()["containerDefinitions"][1]
    return container


class TestTheService:
    @pytest.fixture
    def variables(
        self, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, signing_key_file: Path
    ) -> dict[str, str]:
        variables = {each["name"]: each["value"] for each in service["environment"]}
        variables |= {each["name"]: SECRETS[each["valueFrom"]] for each in service["secrets"]}
        assert variables["TASKFLEET_JWT_PRIVATE_KEY_FILE"] == "/key/signing-key.pem"
        variables["TASKFLEET_JWT_PRIVATE_KEY_FILE"] = str(signing_key_file)
        for name in [name for name in os.environ if name.startswith("TASKFLEET_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return variables

    def test_starts_in_production_with_its_settings(self, variables: dict[str, str]) -> None:
        settings = load_settings()

        assert settings.runtime.profile == "production"
        assert settings.http.forwarded_header == "forwarded"
        assert settings.http.trusted_proxies == ("10.0.0.0/16",)

    def test_would_not_start_with_one_that_does_not_exist(
        self, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
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


class TestWhatRunsBefore:
    def test_puts_the_key_where_the_user_of_the_image_alone_reads_it(
        self, prepare: dict[str, Any], tmp_path: Path
    ) -> None:
        """`chown` takes root; one that writes down what it is asked takes its place."""
        chown, key, scratch = tmp_path / "chown", tmp_path / "key", tmp_path / "scratch"
        chown.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n', encoding="utf-8")
        chown.chmod(0o755)
        key.mkdir()
        scratch.mkdir()
        shell, option, script = prepare["command"]
        script = re.sub(r"(chmod 1777) \S+;", rf"\1 {scratch};", script).replace("/key/", f"{key}/")
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

        subprocess.run(
            [require_program(shell, "dash"), option, script],
            env={"PATH": path, "KEY": "-----BEGIN\n100%\n-----END"},
            check=True,
            timeout=60,
        )

        file = key / "signing-key.pem"
        assert file.read_text("utf-8") == "-----BEGIN\n100%\n-----END\n"
        assert (file.stat().st_mode & 0o777, scratch.stat().st_mode & 0o7777) == (0o400, 0o1777)
        runtime = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
        [user] = re.findall(r"^USER (\d+):", runtime, re.MULTILINE)
        assert (tmp_path / "asked").read_text("utf-8").split() == [user, str(file)]
