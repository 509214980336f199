"""What belongs to others (Prometheus operator, Gateway API) and to the way in: it names what is there.

There is no schema of these at hand. The facts checked here are those of their API references.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.deploy.kubernetes.hand_made import hand_made_secrets
from tests.deploy.kubernetes.prometheus_rule import SOURCE, TARGET, make_rule
from tests.deploy.kubernetes.rendering import INSTALLATIONS, Manifest, installation, matches, of_kind, pods

MONITORED = ("production", "split", "self-hosted")
# Keys of a group and of a rule, in the operator as in Prometheus.
GROUP_KEYS = {"name", "interval", "rules"}
RULE_KEYS = {"record", "alert", "expr", "for", "labels", "annotations", "keep_firing_for"}


def scraped(manifests: list[Manifest]) -> set[str]:
    """Return the jobs that Prometheus knows by the ServiceMonitor: one for each Service that it selects."""
    (monitor,) = of_kind(manifests, "ServiceMonitor")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    (endpoint,) = monitor["spec"]["endpoints"]
    (relabelling,) = endpoint["relabelings"]
    assert relabelling == {
        "sourceLabels": ["__meta_kubernetes_service_label_app_kubernetes_io_name"],
        "targetLabel": "job",
        "replacement": "taskfleet-$1",
    }
    services = [
        one
        for one in of_kind(manifests, "Service")
        if matches(monitor["spec"]["selector"], one["metadata"]["labels"])
        and endpoint["port"] in {port["name"] for port in one["spec"]["ports"]}
    ]
    return {f"taskfleet-{one['metadata']['labels']['app.kubernetes.io/name']}" for one in services}


def leads_to_the_gateway(name: str, port: str | int, manifests: list[Manifest]) -> bool:
    """Whether there is a Service of this name with this port, in front of the gateway."""
    return any(
        service["metadata"]["name"] == name == "gateway"
        and any(port in {one["name"], one["port"]} for one in service["spec"]["ports"])
        for service in of_kind(manifests, "Service")
    )


def without_breaks(part: Any) -> Any:
    """Return rules with their text in one line: kustomize breaks the lines of expressions elsewhere."""
    if isinstance(part, dict):
        return {key: without_breaks(value) for key, value in part.items()}
    if isinstance(part, list):
        return [without_breaks(value) for value in part]
    return " ".join(part.split()) if isinstance(part, str) else part


def public_host(manifests: list[Manifest]) -> str | None:
    """Return the host name under which the app says that it is reached."""
    found = [one["data"] for one in of_kind(manifests, "ConfigMap") if "TASKFLEET_PUBLIC_URL" in one["data"]]
    return urlsplit(found[0]["TASKFLEET_PUBLIC_URL"]).hostname


@pytest.mark.parametrize("name", MONITORED)
class TestPrometheus:
    def test_scrapes_every_process_of_ours_under_the_name_that_the_rules_know(self, name: str) -> None:
        manifests = installation(name)
        ours = [pod for pod in pods(manifests) if pod.labels["app.kubernetes.io/component"] in {"api", "worker"}]

        assert scraped(manifests) == {f"taskfleet-{pod.labels['app.kubernetes.io/name']}" for pod in ours}

    def test_misses_a_service_without_the_port(self, name: str) -> None:
        manifests = installation(name)
        for service in of_kind(manifests, "Service"):
            if service["metadata"]["name"] == "worker":
                service["spec"]["ports"][0]["name"] = "http"

        assert "taskfleet-worker" not in scraped(manifests)

    def test_has_the_rules_of_the_compose_file(self, name: str) -> None:
        (rule,) = of_kind(installation(name), "PrometheusRule")

        assert rule["apiVersion"] == "monitoring.coreos.com/v1"
        assert without_breaks(rule["spec"]) == without_breaks(yaml.safe_load(SOURCE.read_text(encoding="utf-8")))
        for group in rule["spec"]["groups"]:
            assert group.keys() <= GROUP_KEYS
            for one in group["rules"]:
                assert one.keys() <= RULE_KEYS
                assert ("record" in one) != ("alert" in one)


class TestTheFileOfRules:
    def test_is_the_one_that_is_written(self) -> None:
        assert TARGET.read_text(encoding="utf-8") == make_rule()


class TestAnIngress:
    def test_leads_to_the_gateway_by_tls_under_the_public_name(self) -> None:
        manifests = installation("production")
        (ingress,) = of_kind(manifests, "Ingress")
        (tls,), (rule,) = ingress["spec"]["tls"], ingress["spec"]["rules"]
        service = rule["http"]["paths"][0]["backend"]["service"]

        assert tls["hosts"] == [rule["host"]] == [public_host(manifests)]
        assert tls["secretName"] in hand_made_secrets()
        assert leads_to_the_gateway(service["name"], service["port"]["name"], manifests)

    def test_is_found_out_if_it_leads_elsewhere(self) -> None:
        manifests = installation("production")

        assert not leads_to_the_gateway("api", "http", manifests)
        assert not leads_to_the_gateway("gateway", "https", manifests)


class TestAGateway:
    @property
    def manifests(self) -> list[Manifest]:
        return installation("split")

    def test_ends_tls_with_a_certificate_that_exists_under_the_public_name(self) -> None:
        (gateway,) = of_kind(self.manifests, "Gateway")
        listeners = {one["name"]: one for one in gateway["spec"]["listeners"]}

        assert gateway["apiVersion"] == "gateway.networking.k8s.io/v1"
        assert {name: (one["protocol"], one["port"]) for name, one in listeners.items()} == {
            "http": ("HTTP", 80),
            "https": ("HTTPS", 443),
        }
        assert listeners["https"]["tls"]["mode"] == "Terminate"
        assert {one["name"] for one in listeners["https"]["tls"]["certificateRefs"]} <= hand_made_secrets().keys()
        assert {one["hostname"] for one in listeners.values()} == {public_host(self.manifests)}

    def test_sends_plain_http_to_https_and_the_rest_to_the_gateway(self) -> None:
        routes = {one["metadata"]["name"]: one["spec"] for one in of_kind(self.manifests, "HTTPRoute")}
        redirect, route = routes["taskfleet-redirect"], routes["taskfleet"]
        (backend,) = route["rules"][0]["backendRefs"]

        assert all(one["hostnames"] == [public_host(self.manifests)] for one in routes.values())
        assert redirect["parentRefs"] == [{"name": "taskfleet", "sectionName": "http"}]
        assert redirect["rules"][0]["filters"] == [
            {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        ]
        assert route["parentRefs"] == [{"name": "taskfleet", "sectionName": "https"}]
        assert route["rules"][0]["timeouts"] == {"request": "0s"}  # Envoy would end streams after 15 s
        assert leads_to_the_gateway(backend["name"], backend["port"], self.manifests)


@pytest.mark.parametrize("name", INSTALLATIONS)
class TestTheGatewayOfOurs:
    def test_is_called_as_the_app_says(self, name: str) -> None:
        manifests = installation(name)
        (settings,) = (one["data"] for one in of_kind(manifests, "ConfigMap") if "GATEWAY_RESOLVER" in one["data"])

        assert public_host(manifests) in settings["GATEWAY_SERVER_NAME"].split()
