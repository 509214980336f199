"""`nginx/render` takes what the manifests tell the gateway."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.rendering import INSTALLATIONS, installation, of_kind
from tests.deploy.programs import require_program


def gateway_settings(name: str) -> dict[str, str]:
    """Return the variables of the gateway's pods."""
    (settings,) = (
        one["data"] for one in of_kind(installation(name), "ConfigMap") if "GATEWAY_RESOLVER" in one["data"]
    )
    return dict(settings)


def render_gateway(settings: dict[str, str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as the image does, but without a resolver, for which Debian's Nginx is too old."""
    for variable in ("GATEWAY_TLS_CERTIFICATE", "GATEWAY_TLS_KEY"):
        if variable in settings:  # the files of the Secret
            file = directory / variable
            file.write_text("", encoding="utf-8")
            settings[variable] = str(file)
    (directory / "web").mkdir()
    (directory / "web" / "index.html").write_text("<!doctype html>", encoding="utf-8")
    return subprocess.run(
        ["/bin/sh", ROOT / "nginx" / "render", directory / "nginx"],
        env={
            "PATH": os.environ["PATH"],
            "GATEWAY_NGINX": require_program("nginx", "nginx-light"),
            "GATEWAY_WEB_ROOT": str(directory / "web"),
            **settings,
            "GATEWAY_RESOLVER": "",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestTheGateway:
    @pytest.mark.parametrize("name", INSTALLATIONS)
    def test_takes_its_settings(self, name: str, tmp_path: Path) -> None:
        settings = gateway_settings(name)
        done = render_gateway(settings, tmp_path)

        assert done.returncode == 0, done.stderr
        upstreams = (tmp_path / "nginx" / "upstreams.conf").read_text(encoding="utf-8")
        for key, value in settings.items():
            assert not key.endswith("UPSTREAMS") or value in upstreams

    def test_refuses_settings_that_are_none(self, tmp_path: Path) -> None:
        done = render_gateway({**gateway_settings("split"), "GATEWAY_TASKS_UPSTREAMS": ""}, tmp_path)

        assert done.returncode != 0
        assert "UPSTREAMS is missing" in done.stderr
