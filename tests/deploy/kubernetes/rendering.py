"""The manifests below `k8s/` as kubectl renders them, and the parts of an object that the rules are about."""

import copy
import functools
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.documents import ROOT
from tests.deploy.programs import require_program

Manifest = dict[str, Any]

# Everything that runs in one cluster, by what is applied with `kubectl apply -k`.
INSTALLATIONS: dict[str, tuple[str, ...]] = {
    "dev": ("overlays/dev",),
    "production": ("overlays/production",),
    "split": ("overlays/split",),
    "self-hosted": ("overlays/self-hosted", "databases/mongodb", "databases/redis"),
}
# Components, `labels` and replacements with delimiters need the fifth version of kustomize.
_OLDEST_KUSTOMIZE = 5


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as a workload makes it: the object that makes it, its labels, its spec."""

    owner: Manifest
    labels: dict[str, str]
    spec: Manifest

    @property
    def name(self) -> str:
        """Kind and name of the owner, for messages."""
        return name_of(self.owner)

    @property
    def is_job(self) -> bool:
        """Whether the pod ends by itself."""
        return self.owner["kind"] == "Job"

    def containers(self) -> Sequence[Manifest]:
        """All containers, those of the start included."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


@functools.cache
def _require_kubectl() -> str:
    kubectl = require_program("kubectl", "kubernetes-client (of Debian 13; see docs/kubernetes.md)")
    version = json.loads(_run(kubectl, "version", "--client", "--output=json"))
    if int(version.get("kustomizeVersion", "v0").lstrip("v").split(".")[0]) < _OLDEST_KUSTOMIZE:
        pytest.fail(f"{kubectl} is older than 1.27, whose kustomize is the first of version 5")
    return kubectl


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def _rendered(path: Path) -> list[Manifest]:
    text = _run(_require_kubectl(), "kustomize", str(path))
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def render(directory: str, root: Path = ROOT / "k8s") -> list[Manifest]:
    """Return the objects of a directory below `k8s/`; each call gives its own, to be changed at will."""
    return copy.deepcopy(_rendered(root / directory))


def installation(name: str) -> list[Manifest]:
    """Return all objects of an installation."""
    return [manifest for directory in INSTALLATIONS[name] for manifest in render(directory)]


def name_of(manifest: Manifest) -> str:
    """Kind and name, for messages."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    """Return the objects of these kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def pods(manifests: Sequence[Manifest]) -> Iterator[Pod]:
    """Yield the pod of every workload."""
    for owner in of_kind(manifests, "Deployment", "StatefulSet", "Job"):
        template = owner["spec"]["template"]
        yield Pod(owner, template["metadata"]["labels"], template["spec"])


def matches(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector (`meta/v1`, `In` only) takes an object with these labels."""
    expressions = selector.get("matchExpressions", ())
    assert all(expression["operator"] == "In" for expression in expressions), expressions
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )
