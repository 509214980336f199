"""Every object is what Kubernetes takes, in the oldest version that is supported and the newest with a schema."""

from typing import Any

import kubernetes_validate
import pytest

from tests.deploy.kubernetes.rendering import INSTALLATIONS, Manifest, installation, name_of, of_kind

# `sleep` in preStop and `matchLabelKeys` are there without a feature gate from then on.
OLDEST = "1.30"
VERSIONS = (OLDEST, kubernetes_validate.latest_version())
# Resources of others, for which that package has no schema; test_custom_resources.py looks at them.
CUSTOM = {"ServiceMonitor", "PrometheusRule", "Gateway", "HTTPRoute"}


def refused(manifests: list[Manifest], version: str) -> list[str]:
    """Return what is wrong with the objects, one line for each that is refused."""
    complaints = []
    for manifest in manifests:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            complaints.append(f"{name_of(manifest)}: {error.message}")
    return complaints


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", INSTALLATIONS)
class TestAnInstallation:
    def test_is_made_of_objects_that_kubernetes_takes(self, name: str, version: str) -> None:
        manifests = [one for one in installation(name) if one["kind"] not in CUSTOM]

        assert refused(manifests, version) == []


def spoil(manifest: Manifest, path: str, value: Any) -> Manifest:
    """Return the object with a value put at a path, whose parts are separated by dots."""
    *parents, last = path.split(".")
    place: Any = manifest
    for part in parents:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value
    return manifest


class TestTheSchemas:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("spec.template.spec.containers.0.readinesProbe", {}),
            ("spec.template.spec.containers.0.ports", [{"containerPort": "http"}]),
            ("spec.strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailible": 0}}),
            ("spec.replicas", "two"),
        ],
    )
    @pytest.mark.parametrize("version", VERSIONS)
    def test_find_a_slip_of_the_pen(self, path: str, value: Any, version: str) -> None:
        (deployment,) = (
            one for one in of_kind(installation("production"), "Deployment") if one["metadata"]["name"] == "api"
        )

        assert len(refused([spoil(deployment, path, value)], version)) == 1

    def test_of_an_older_version_do_not_know_what_is_needed(self) -> None:
        deployments = of_kind(installation("production"), "Deployment")

        assert refused(deployments, "1.28") != []  # `sleep` came with 1.29
