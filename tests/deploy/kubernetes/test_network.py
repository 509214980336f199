"""The network lets through what docs/kubernetes.md says, and nothing else."""

import pytest

from tests.architecture.documents import read_document, table_rows
from tests.deploy.kubernetes.network import INTERNET, ROLE, Edge, denies_by_default, edges, half_edges
from tests.deploy.kubernetes.rendering import INSTALLATIONS, Manifest, installation, of_kind, pods

# What an installation is made of, by the last column of the table.
PARTS = {
    "dev": {"base", "databases/mongodb", "databases/redis"},
    "production": {"base", "databases/managed", "ingress", "monitoring"},
    "split": {"base", "overlays/split", "databases/managed", "gateway-api", "monitoring"},
    "self-hosted": {"base", "databases/mongodb", "databases/redis", "components/gateway-tls", "monitoring"},
}


def documented(name: str, roles: set[str]) -> set[Edge]:
    """Return the edges of the table that belong to the parts of an installation."""
    rows = [row for row in table_rows(read_document("docs/kubernetes.md")) if len(row) == 5 and "k8s/" in row[4]]
    found = set()
    for source, target, port, _, part in rows:
        if part.strip("`").removeprefix("k8s/") in PARTS[name]:
            for each in roles if source == "all" else source.split(", "):
                found |= {Edge(each, end, number) for end in target.split(", ") for number in port.split(", ")}
    return found


@pytest.mark.parametrize("name", INSTALLATIONS)
class TestTheNetwork:
    def test_allows_what_is_documented_and_nothing_else(self, name: str) -> None:
        manifests = installation(name)

        assert edges(manifests) == documented(name, {pod.labels[ROLE] for pod in pods(manifests)})

    def test_denies_all_else_and_allows_nothing_by_halves(self, name: str) -> None:
        manifests = installation(name)

        assert denies_by_default(manifests)
        assert half_edges(manifests) == set()

    def test_keeps_the_internet_apart_from_our_own_networks(self, name: str) -> None:
        for block in egress_blocks(installation(name)):
            assert block["cidr"] != INTERNET or "169.254.0.0/16" in block["except"]


def egress_blocks(manifests: list[Manifest]) -> list[Manifest]:
    policies = [policy["spec"] for policy in of_kind(manifests, "NetworkPolicy")]
    peers = [peer for policy in policies for rule in policy.get("egress", ()) for peer in rule["to"]]
    return [peer["ipBlock"] for peer in peers if "ipBlock" in peer]


class TestTheReadingOfPolicies:
    def test_sees_a_rule_that_is_missing(self) -> None:
        manifests = [one for one in installation("production") if one["metadata"]["name"] != "api-from-gateway"]

        assert Edge("gateway", "api", "8000") in half_edges(manifests)
        assert Edge("gateway", "api", "8000") not in edges(manifests)

    def test_sees_a_rule_that_is_too_wide(self) -> None:
        manifests = installation("production")
        for policy in of_kind(manifests, "NetworkPolicy"):
            if policy["metadata"]["name"] == "metrics":
                policy["spec"]["ingress"][0]["from"] = [{"ipBlock": {"cidr": INTERNET}}]

        assert Edge(INTERNET, "api", "9090") in edges(manifests)

    def test_sees_that_everything_is_allowed(self) -> None:
        manifests = [one for one in installation("production") if one["metadata"]["name"] != "default-deny"]

        assert not denies_by_default(manifests)
