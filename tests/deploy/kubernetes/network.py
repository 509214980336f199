"""What the NetworkPolicies of an installation let through, as edges between the roles of pods and the outside."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from tests.deploy.kubernetes.rendering import Manifest, matches, of_kind, pods

Direction = Literal["Ingress", "Egress"]
# The role of a pod is this label; what is outside is named by its namespace or network.
ROLE = "app.kubernetes.io/component"
NAMESPACE = "kubernetes.io/metadata.name"
INTERNET = "0.0.0.0/0"


class Edge(NamedTuple):
    """Who may open a connection to whom, at which port or range of ports."""

    source: str
    target: str
    port: str


def edges(manifests: Sequence[Manifest]) -> set[Edge]:
    """Return every connection that is allowed: between pods where both sides allow it."""
    roles = {pod.labels[ROLE] for pod in pods(manifests)}
    out = set(_sides(manifests, roles, "Egress"))
    into = set(_sides(manifests, roles, "Ingress"))
    return {edge for edge in out if edge.target not in roles or edge in into} | {
        edge for edge in into if edge.source not in roles
    }


def half_edges(manifests: Sequence[Manifest]) -> set[Edge]:
    """Return what one side allows and the other one does not: a rule that is missing, or one too many."""
    roles = {pod.labels[ROLE] for pod in pods(manifests)}
    out = {edge for edge in _sides(manifests, roles, "Egress") if edge.target in roles}
    return out ^ {edge for edge in _sides(manifests, roles, "Ingress") if edge.source in roles}


def denies_by_default(manifests: Sequence[Manifest]) -> bool:
    """Whether there is a policy that takes all pods, in both directions, and allows nothing."""
    return any(
        policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        for policy in of_kind(manifests, "NetworkPolicy")
    )


def _sides(manifests: Sequence[Manifest], roles: set[str], direction: Direction) -> Iterator[Edge]:
    rules, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in of_kind(manifests, "NetworkPolicy"):
        own = [role for role in roles if matches(policy["spec"]["podSelector"], {ROLE: role})]
        for rule in policy["spec"].get(rules, ()):
            for peer in (name for one in rule[peers] for name in _names(one, roles)):
                for port in rule["ports"]:
                    for role in own:
                        ends = (peer, role) if direction == "Ingress" else (role, peer)
                        yield Edge(*ends, _describe(port))


def _names(peer: Manifest, roles: set[str]) -> Iterator[str]:
    if "ipBlock" in peer:
        yield peer["ipBlock"]["cidr"]
    elif "namespaceSelector" in peer:
        yield peer["namespaceSelector"]["matchLabels"][NAMESPACE]
    else:
        yield from (role for role in roles if matches(peer["podSelector"], {ROLE: role}))


def _describe(port: Manifest) -> str:
    end = f"-{port['endPort']}" if "endPort" in port else ""
    return f"{port['port']}{end}{'/udp' if port.get('protocol') == 'UDP' else ''}"
