"""The rules for pods. Each takes the objects of an installation and tells what breaks it, a line for each breach."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app import __version__
from app.serving import END_SECONDS
from tests.architecture.documents import read_document
from tests.deploy.kubernetes.rendering import Manifest, Pod, matches, name_of, of_kind, pods

# Who runs in which image: taskfleet, the gateway (Nginx, unprivileged), mongo and valkey.
_USERS = {"taskfleet": 10001, "gateway": 101, "mongodb": 999, "keyfile": 999, "mongosh": 999, "valkey": 999}
# What handlers and probes of a version from 1.30 on know; a shell is not needed for either.
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# Health checks of load balancers of clouds: three in a row, one in 10 s (AWS; others ask more often).
_LOAD_BALANCER_SECONDS = 30
# The readiness of docs/operations.md waits up to 4 s for a primary.
_PROBE_SECONDS = 5
# Until the addresses of a pod that ends are gone from everywhere; and what slow nodes may take for anything.
_ENDPOINT_SECONDS = 5
_SPARE_SECONDS = 5
# In which a process that is not ready still serves: what the gateway needs to see its address gone, twice.
_LEAST_DELAY_SECONDS = 10
_UNITS = {"": 1, "m": Decimal("0.001"), "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text: str | int) -> Decimal:
    """Return a quantity of Kubernetes as a number: cores or bytes."""
    number, unit = re.fullmatch(r"([0-9.]+)(m|Ki|Mi|Gi|)", str(text)).groups()  # type: ignore[union-attr]
    return Decimal(number) * _UNITS[unit]


def run_restricted(manifests: Sequence[Manifest]) -> Iterator[str]:
    """The profile `restricted` of the Pod Security Standards, a known user, and a root file system to read only."""
    for pod in pods(manifests):
        context = pod.spec.get("securityContext", {})
        if context.get("seccompProfile") != {"type": "RuntimeDefault"} or context.get("runAsNonRoot") is not True:
            yield f"{pod.name}: not non-root with the seccomp profile of the runtime"
        for container in pod.containers():
            if context.get("runAsUser") != _USERS.get(container["name"]):
                yield f"{pod.name}: {container['name']} is not run by its user"
            if container.get("securityContext") != {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }:
                yield f"{pod.name}: {container['name']} may more than it needs"
        if any(pod.spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{pod.name}: shares something of the host"
    for namespace in of_kind(manifests, "Namespace"):
        if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{name_of(namespace)}: does not enforce the profile"


def have_no_token(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Nobody speaks to the API of Kubernetes; and variables of services would be unknown settings."""
    for pod in pods(manifests):
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{pod.name}: has a token"
        if pod.spec.get("enableServiceLinks") is not False:
            yield f"{pod.name}: has variables for services"
        if pod.spec.get("serviceAccountName", "default") == "default":
            yield f"{pod.name}: has no account of its own"
    for account in of_kind(manifests, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"{name_of(account)}: hands out a token"


def pin_images(manifests: Sequence[Manifest]) -> Iterator[str]:
    """A tag that is a version; for our own images that of this repository."""
    for pod in pods(manifests):
        for container in pod.containers():
            image, _, tag = container["image"].partition("@")[0].rpartition(":")
            if not re.fullmatch(r"\d+\.\d+\.\d+(-[a-z]+)?", tag):
                yield f"{pod.name}: {container['image']} is no version"
            elif "/taskfleet" in image and tag != __version__:
                yield f"{pod.name}: {container['image']} is another version than {__version__}"


def are_probed(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Start, life and readiness, within 5 s each; life asks no other server."""
    for pod in pods(manifests):
        if pod.is_job:
            continue
        for container in pod.spec["containers"]:
            for kind in _PROBES:
                probe = container.get(kind)
                if probe is None:
                    yield f"{pod.name}: no {kind}"
                elif probe.get("timeoutSeconds", 1) != _PROBE_SECONDS and "/healthz" not in str(probe):
                    yield f"{pod.name}: {kind} does not wait {_PROBE_SECONDS} s"
            if container["name"] == "taskfleet":
                paths = [container.get(kind, {}).get("httpGet", {}).get("path") for kind in _PROBES]
                if paths != ["/livez", "/livez", "/readyz"]:
                    yield f"{pod.name}: probed at {paths}"


def have_resources(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Requests for all, limits for memory, room on disk for what is in `/tmp`, and no limit of the processor."""
    for pod in pods(manifests):
        for container in pod.containers():
            resources = container.get("resources", {})
            requests, limits = resources.get("requests", {}), resources.get("limits", {})
            if not {"cpu", "memory"} <= requests.keys() or "memory" not in limits:
                yield f"{pod.name}: {container['name']} lacks requests or limits"
            if "cpu" in limits:
                yield f"{pod.name}: {container['name']} is throttled"
        yield from _keep_room_on_disk(pod)


def _keep_room_on_disk(pod: Pod) -> Iterator[str]:
    volumes = [volume["emptyDir"] for volume in pod.spec.get("volumes", ()) if "emptyDir" in volume]
    if any("sizeLimit" not in volume for volume in volumes):
        yield f"{pod.name}: a volume may fill the node"
        return
    on_disk = sum(quantity(volume["sizeLimit"]) for volume in volumes if volume.get("medium") != "Memory")
    limits = [container.get("resources", {}).get("limits", {}) for container in pod.spec["containers"]]
    if on_disk >= sum(quantity(limit.get("ephemeral-storage", 0)) for limit in limits):
        yield f"{pod.name}: evicted before its volumes are full"


def end_in_time(manifests: Sequence[Manifest]) -> Iterator[str]:
    """preStop and the end at worst fit into the grace period, with some seconds to spare."""
    settings = [one["data"] for one in of_kind(manifests, "ConfigMap") if "TASKFLEET_METRICS_PORT" in one["data"]]
    delay = int(settings[0].get("TASKFLEET_SHUTDOWN_DELAY_SECONDS", "0")) if settings else 0
    if delay < _LEAST_DELAY_SECONDS:
        yield f"processes are gone {delay} s after they are not ready"
    ends = {"api": delay + END_SECONDS, "worker": delay + END_SECONDS, "gateway": _gateway_end_seconds()}
    for pod in pods(manifests):
        end = ends.get(pod.labels["app.kubernetes.io/component"])
        if end is None:
            continue
        sleep = pod.spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        grace = pod.spec.get("terminationGracePeriodSeconds", 30)
        # Whoever is behind a load balancer is told by nobody else; endpoints are gone sooner.
        needed = _LOAD_BALANCER_SECONDS if _is_behind_load_balancer(manifests, pod) else _ENDPOINT_SECONDS
        if sleep < needed or sleep + end + _SPARE_SECONDS > grace:
            yield f"{pod.name}: {sleep} + {end} s do not fit into {grace} s"


def _gateway_end_seconds() -> int:
    """Within how many seconds Nginx ends its last requests."""
    (seconds,) = re.findall(
        r"^worker_shutdown_timeout (\d+)s;$", read_document("nginx/nginx.conf.template"), re.MULTILINE
    )
    return int(seconds)


def _is_behind_load_balancer(manifests: Sequence[Manifest], pod: Pod) -> bool:
    return any(
        service["spec"].get("type") == "LoadBalancer"
        and matches({"matchLabels": service["spec"]["selector"]}, pod.labels)
        for service in of_kind(manifests, "Service")
    )


def run_one_process(manifests: Sequence[Manifest]) -> Iterator[str]:
    """The autoscaler adds pods; a second process would have half the memory, and metrics where nobody asks."""
    for pod in pods(manifests):
        for container in pod.spec["containers"]:
            if container["name"] == "taskfleet" and "--workers" in map(str, container["args"]):
                yield f"{pod.name}: several processes"


def roll_without_a_gap(manifests: Sequence[Manifest]) -> Iterator[str]:
    """A new pod is ready before an old one goes, and the autoscaler alone says how many there are."""
    for deployment in of_kind(manifests, "Deployment"):
        if deployment["metadata"]["name"] == "cache":  # two would hold different answers
            continue
        spec = deployment["spec"]
        rolling = spec.get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0 or rolling.get("maxSurge") in {None, 0}:
            yield f"{name_of(deployment)}: goes below its number of pods"
        if "replicas" in spec:
            yield f"{name_of(deployment)}: each apply undoes what the autoscaler did"


def spread_out(manifests: Sequence[Manifest], *, is_hard: bool) -> Iterator[str]:
    """Over zones and nodes: members of a set by anti-affinity, what scales by spread, hard where that is asked."""
    for pod in pods(manifests):
        component = pod.labels["app.kubernetes.io/component"]
        constraints = {one["topologyKey"]: one for one in pod.spec.get("topologySpreadConstraints", ())}
        if any(one["labelSelector"]["matchLabels"].items() - pod.labels.items() for one in constraints.values()):
            yield f"{pod.name}: spreads away from others than its like"
        # Otherwise a lost zone, a drained node or the control plane counts as an empty place, beside which no other
        # may have more than one pod (maxSkew).
        if any(one.get("nodeTaintsPolicy") != "Honor" for one in constraints.values()):
            yield f"{pod.name}: counts nodes that take no pods"
        if component in {"database", "router"}:
            terms = pod.spec.get("affinity", {}).get("podAntiAffinity", {})
            terms = terms.get("requiredDuringSchedulingIgnoredDuringExecution", ())
            if [term["topologyKey"] for term in terms] != ["kubernetes.io/hostname"]:
                yield f"{pod.name}: two may be on one node"
        elif component in {"api", "gateway", "worker"}:
            if constraints.keys() != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
                yield f"{pod.name}: not spread over zones and nodes"
            wanted = "DoNotSchedule" if is_hard else "ScheduleAnyway"
            if any(one["whenUnsatisfiable"] != wanted for one in constraints.values()):
                yield f"{pod.name}: not spread {wanted}"


def set_up_mongodb(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Every mongod has a volume that stays, the key of the cluster, and gives up transactions after 10 s."""
    for pod in pods(manifests):
        if pod.labels["app.kubernetes.io/component"] != "database":
            continue
        arguments = pod.spec["containers"][0]["args"]
        for wanted in ("--setParameter=transactionLifetimeLimitSeconds=10", "--keyFile=/run/mongodb/keyfile"):
            if wanted not in arguments:
                yield f"{pod.name}: without {wanted}"
        role = "--configsvr" if pod.labels["app.kubernetes.io/name"] == "config" else "--shardsvr"
        if arguments[-1] != role:
            yield f"{pod.name}: not started as {role}"
        retained = pod.owner["spec"].get("persistentVolumeClaimRetentionPolicy", {}).values()
        if not pod.owner["spec"].get("volumeClaimTemplates") or set(retained) != {"Retain"}:
            yield f"{pod.name}: loses its data"


def migrate_by_version(manifests: Sequence[Manifest]) -> Iterator[str]:
    """A job for each version, which may be repeated and is cleared away."""
    for job in of_kind(manifests, "Job"):
        spec = job["spec"]
        if not {"backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"} <= spec.keys():
            yield f"{name_of(job)}: unbounded"
        if job["metadata"]["name"].startswith("migrate"):
            tag = spec["template"]["spec"]["containers"][0]["image"].partition("@")[0].rpartition(":")[2]
            labels = job["metadata"]["labels"]
            if job["metadata"]["name"] != f"migrate-{tag}" or labels["app.kubernetes.io/version"] != tag:
                yield f"{name_of(job)}: not named by its version, {tag}"
