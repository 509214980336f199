"""The key of web pushes is for those who give out its public half and those who sign, in overlays that want it."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.reference_rules import secrets_of
from tests.deploy.kubernetes.rendering import Manifest, pods, render

VARIABLE = "TASKFLEET_VAPID_PRIVATE_KEY_FILE"
SECRET = "taskfleet-vapid-key"


def readers(manifests: list[Manifest]) -> set[str]:
    """Which pods are told of the key; each of them has it mounted where it is told."""
    found = set()
    for pod in pods(manifests):
        container = pod.spec["containers"][0]
        told = {one["name"]: one.get("value") for one in container.get("env", ())}.get(VARIABLE)
        mounted = [
            mount["mountPath"]
            for volume in pod.spec.get("volumes", ())
            if volume.get("secret", {}).get("secretName") == SECRET
            for mount in container["volumeMounts"]
            if mount["name"] == volume["name"]
        ]
        assert (told is None) is (not mounted)
        if told is not None:
            (directory,) = mounted
            keys = dict(secrets_of(pod))[SECRET]
            assert {told} == {f"{directory}/{key}" for key in keys}
            found.add(pod.owner["metadata"]["name"])
    return found


class TestTheComponent:
    @pytest.mark.parametrize(
        ("overlay", "expected"), [("production", {"api", "worker"}), ("split", {"notifications", "worker"})]
    )
    def test_gives_the_key_to_those_who_need_it(self, overlay: str, expected: set[str], tmp_path: Path) -> None:
        root = tmp_path / "k8s"
        shutil.copytree(ROOT / "k8s", root)
        file = root / "overlays" / overlay / "kustomization.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["components"].append("../../components/web-push")
        file.write_text(yaml.safe_dump(content), encoding="utf-8")

        assert readers(render(f"overlays/{overlay}", root)) == expected

    @pytest.mark.parametrize("overlay", ["dev", "production", "split", "self-hosted"])
    def test_is_not_in_an_overlay_from_the_start(self, overlay: str) -> None:
        assert readers(render(f"overlays/{overlay}")) == set()
