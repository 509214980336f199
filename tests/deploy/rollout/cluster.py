"""A cluster as far as `k8s/deploy` can tell: the real kubectl before an API server that keeps objects in memory."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.breaches import container
from tests.deploy.programs import require_program
from tests.deploy.rollout.api_server import ApiServer, serve
from tests.deploy.rollout.controllers import REVISION, Controllers

# Answers as curl would, and notes what it was asked.
_CURL = """#!/bin/sh
printf '%s\\n' "$*" >> "{directory}/asked"
exit $(cat "{directory}/status")
"""
SECRETS = ("taskfleet-signing-key", "taskfleet-secrets", "taskfleet-web-push")


class Cluster:
    """What there is, and what the next version changes about `k8s/`."""

    def __init__(self, directory: Path, address: str, controllers: Controllers, server: ApiServer) -> None:
        self._directory = directory
        self._address = address
        self.controllers = controllers
        self.server = server
        self.manifests = Path(shutil.copytree(ROOT / "k8s", directory / "k8s"))
        self._programs = directory / "programs"
        self._programs.mkdir()
        curl = self._programs / "curl"
        curl.write_text(_CURL.format(directory=directory), encoding="utf-8")
        curl.chmod(0o755)
        self.answer(is_up=True)
        self.create("Namespace", "taskfleet")
        for name in SECRETS:
            self.create("Secret", name)
        server.calls.clear()

    def create(self, kind: str, name: str, **others: Any) -> None:
        """Make an object as a person does ahead of a rollout."""
        metadata = {"name": name, "namespace": "taskfleet"}
        self.server.create(f"{kind.lower()}s", {"apiVersion": "v1", "kind": kind, "metadata": metadata, **others})

    def answer(self, *, is_up: bool) -> None:
        """Say whether the service answers from outside."""
        (self._directory / "status").write_text("0" if is_up else "22", encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the manifests."""
        path = self.manifests / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def release(self, version: str) -> None:
        """Name another version."""
        subprocess.run(["/bin/sh", self.manifests / "set-release", version, "ghcr.io/acme"], check=True, timeout=60)

    def start(self, overlay: str = "production", **environment: str) -> subprocess.Popen[str]:
        """Begin to roll an overlay out."""
        configuration = self._directory / "kubeconfig"
        configuration.write_text(json.dumps(_kubeconfig(self._address)), encoding="utf-8")
        kubectl = Path(require_program("kubectl", "kubernetes-client")).parent
        return subprocess.Popen(
            ["/bin/sh", self.manifests / "deploy", overlay],
            env={
                "PATH": os.pathsep.join((str(self._programs), str(kubectl), os.environ["PATH"])),
                "HOME": str(self._directory),
                "KUBECONFIG": str(configuration),
                "PUBLIC_URL": "https://tasks.example.com",
                "POLL_SECONDS": "1",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def deploy(self, overlay: str = "production", **environment: str) -> subprocess.CompletedProcess[str]:
        """Roll an overlay out."""
        process = self.start(overlay, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def asked(self) -> str:
        """What curl was asked, all of it."""
        file = self._directory / "asked"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def revision(self, name: str) -> str:
        """Return the revision of a Deployment."""
        revision: str = self.server.objects[f"deployments/{name}"]["metadata"]["annotations"][REVISION]
        return revision

    def container(self, name: str) -> dict[str, Any]:
        """Return the container of a Deployment as it runs."""
        return container(self.server.objects[f"deployments/{name}"])


def _kubeconfig(address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": {"server": address}}],
        "users": [{"name": "one", "user": {}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


@contextmanager
def run_cluster(directory: Path) -> Iterator[Cluster]:
    """Have a cluster with the namespace and the Secrets of the guide, and nothing that runs."""
    controllers = Controllers()
    state = ApiServer(controller=controllers)
    server = serve(state)
    try:
        yield Cluster(directory, f"http://127.0.0.1:{server.server_port}", controllers, state)
    finally:
        server.shutdown()
        server.server_close()
