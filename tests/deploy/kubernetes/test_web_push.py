"""The key of web pushes is for those who give out its public half and those who sign."""

import pytest

from tests.deploy.kubernetes.reference_rules import secrets_of
from tests.deploy.kubernetes.rendering import Manifest, pods, render

VARIABLE = "TASKFLEET_VAPID_PRIVATE_KEY_FILE"
SECRET = "taskfleet-web-push"


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


class TestEveryOverlay:
    @pytest.mark.parametrize(
        ("overlay", "expected"),
        [
            ("dev", {"api", "worker"}),
            ("production", {"api", "worker"}),
            ("self-hosted", {"api", "worker"}),
            ("split", {"notifications", "worker"}),
        ],
    )
    def test_gives_the_key_to_those_who_need_it(self, overlay: str, expected: set[str]) -> None:
        assert readers(render(f"overlays/{overlay}")) == expected
