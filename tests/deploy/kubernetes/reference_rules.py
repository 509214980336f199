"""The rules for what one object says of another, and for what it says to the programs in its pods."""

import re
from collections.abc import Iterator, Sequence

from tests.architecture.documents import ROOT
from tests.architecture.test_settings_docs import settings_of_the_code
from tests.deploy.kubernetes.hand_made import MOTOR_VARIABLES, hand_made_secrets
from tests.deploy.kubernetes.rendering import Manifest, Pod, matches, name_of, of_kind, pods


def name_what_exists(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Accounts, ConfigMaps, claims, and Secrets, which docs/kubernetes.md tells how to make, with their keys."""
    config_maps = {one["metadata"]["name"] for one in of_kind(manifests, "ConfigMap")}
    accounts = {one["metadata"]["name"] for one in of_kind(manifests, "ServiceAccount")}
    for pod in pods(manifests):
        if pod.spec.get("serviceAccountName") not in accounts:
            yield f"{pod.name}: no such account"
        for name in _config_maps_of(pod):
            if name not in config_maps:
                yield f"{pod.name}: no ConfigMap {name}"
        for name, keys in secrets_of(pod):
            if missing := keys - hand_made_secrets().get(name, set()):
                yield f"{pod.name}: nobody is told to make {sorted(missing)} of the Secret {name}"
    for secret in of_kind(manifests, "Secret"):
        yield f"{name_of(secret)}: a secret is in the repository"


def _config_maps_of(pod: Pod) -> Iterator[str]:
    for container in pod.containers():
        yield from (one["configMapRef"]["name"] for one in container.get("envFrom", ()) if "configMapRef" in one)
    yield from (volume["configMap"]["name"] for volume in pod.spec.get("volumes", ()) if "configMap" in volume)


def secrets_of(pod: Pod) -> Iterator[tuple[str, set[str]]]:
    """Yield each Secret with the keys that are meant: for whole ones the key without which they would be useless."""
    for container in pod.containers():
        for one in container.get("envFrom", ()):
            if "secretRef" in one:
                yield one["secretRef"]["name"], {"MONGO_URL"}
        for variable in container.get("env", ()):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield reference["name"], {reference["key"]}
    for volume in pod.spec.get("volumes", ()):
        if "secret" in volume:
            name = volume["secret"]["secretName"]
            files = {
                "taskfleet-signing-key": {"signing-key.pem"},
                "taskfleet-web-push": {"vapid-key.pem"},
                "taskfleet-tls": {"tls.crt", "tls.key"},
                "mongodb-keyfile": {"keyfile"},
            }
            yield name, files.get(name, {"unknown"})


def select_what_runs(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Selectors find the pods that they mean: exactly one workload, with the ports that are named."""
    everything = list(pods(manifests))
    for owner in of_kind(manifests, "Deployment", "StatefulSet"):
        labels = owner["spec"]["template"]["metadata"]["labels"]
        if not matches(owner["spec"]["selector"], labels):
            yield f"{name_of(owner)}: does not select its own pods"
    for service in of_kind(manifests, "Service"):
        found = [pod for pod in everything if matches({"matchLabels": service["spec"]["selector"]}, pod.labels)]
        if len(found) != 1:
            yield f"{name_of(service)}: selects {len(found)} workloads"
            continue
        ports = {port["name"] for one in found[0].spec["containers"] for port in one.get("ports", ())}
        if wrong := {port["targetPort"] for port in service["spec"]["ports"]} - ports:
            yield f"{name_of(service)}: no port {sorted(wrong)}"
    for budget in of_kind(manifests, "PodDisruptionBudget"):
        if sum(matches(budget["spec"]["selector"], pod.labels) for pod in everything) != 1:
            yield f"{name_of(budget)}: does not protect one workload"
    for pod in everything:
        yield from _probe_ports(pod)


def _probe_ports(pod: Pod) -> Iterator[str]:
    for container in pod.spec["containers"]:
        ports = {port["name"] for port in container.get("ports", ())}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {})
            port = probe.get("httpGet", probe.get("tcpSocket", {})).get("port")
            if port is not None and port not in ports:
                yield f"{pod.name}: {kind} asks at no port {port}"


def scale_what_exists(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Each Deployment but the cache has one autoscaler, on processor and memory, fast up and slow down."""
    targets = []
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler"):
        spec = scaler["spec"]
        targets.append(spec["scaleTargetRef"]["name"])
        if {metric["resource"]["name"] for metric in spec["metrics"]} != {"cpu", "memory"}:
            yield f"{name_of(scaler)}: not on processor and memory"
        behaviour = spec["behavior"]
        if behaviour["scaleUp"]["stabilizationWindowSeconds"] or (
            behaviour["scaleDown"]["stabilizationWindowSeconds"] < 300
        ):
            yield f"{name_of(scaler)}: not fast up and slow down"
    wanted = [one["metadata"]["name"] for one in of_kind(manifests, "Deployment")]
    if sorted(targets) != sorted(name for name in wanted if name != "cache"):
        yield f"autoscalers of {sorted(targets)}, and Deployments {sorted(wanted)}"


def let_nodes_be_drained(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Every workload that stays has a budget, which allows at least one eviction."""
    budgets = of_kind(manifests, "PodDisruptionBudget")
    for pod in pods(manifests):
        if pod.is_job:
            continue
        own = [one["spec"] for one in budgets if matches(one["spec"]["selector"], pod.labels)]
        if not own:
            yield f"{pod.name}: without a budget"
        elif own[0].get("maxUnavailable", 0) < 1:
            yield f"{pod.name}: its node can never be drained"


def set_what_is_known(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Variables of ours are settings of the app or of nginx/render; others are those of Motor and of HOME."""
    known = {*settings_of_the_code(), *gateway_variables(), *MOTOR_VARIABLES}
    settings = {one["metadata"]["name"]: set(one["data"]) for one in of_kind(manifests, "ConfigMap")}
    for pod in pods(manifests):
        if not {"taskfleet", "gateway"} & {one["name"] for one in pod.spec["containers"]}:
            continue
        for container in pod.spec["containers"]:
            names = {variable["name"] for variable in container.get("env", ())}
            for source in container.get("envFrom", ()):
                names |= settings.get(source.get("configMapRef", {}).get("name"), set())
            if unknown := names - known:
                yield f"{pod.name}: no such setting: {sorted(unknown)}"


def gateway_variables() -> set[str]:
    """Return what `nginx/render` takes."""
    return set(re.findall(r"\bGATEWAY_[A-Z_]*[A-Z]\b", (ROOT / "nginx" / "render").read_text(encoding="utf-8")))


def route_to_services(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Upstreams of the gateway are headless Services, in full, of every module's pods; keys come from a Service."""
    services = {one["metadata"]["name"]: one for one in of_kind(manifests, "Service")}
    (settings,) = (one["data"] for one in of_kind(manifests, "ConfigMap") if "GATEWAY_RESOLVER" in one["data"])
    upstreams = {key: value for key, value in settings.items() if key.endswith("UPSTREAMS")}
    if not upstreams:
        yield "the gateway has no upstream"
    for key, value in upstreams.items():
        name, _, host = value.partition(".")
        service = services.get(name, {"metadata": {"namespace": ""}, "spec": {}})
        if service["spec"].get("clusterIP") != "None":
            yield f"{key}: {value} is no headless Service"
        elif host != f"{service['metadata']['namespace']}.svc.cluster.local:8000":
            yield f"{key}: {value} is not found without a search path"
    for pod in pods(manifests):
        for variable in pod.spec["containers"][0].get("env", ()):
            found = re.fullmatch(r"http://([a-z]+):8000/.well-known/jwks.json", variable.get("value", ""))
            if variable["name"] == "TASKFLEET_JWKS_URL" and (found is None or found[1] not in services):
                yield f"{pod.name}: no Service publishes keys at {variable['value']}"


def keep_the_signing_key_apart(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Who runs the module `auth`, and nobody else, has the key that signs tokens."""
    for pod in pods(manifests):
        container = pod.spec["containers"][0]
        if container["name"] != "taskfleet":
            continue
        variables = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
        serves = container["args"][0] == "serve"
        signs = serves and "auth" in variables.get("TASKFLEET_ENABLED_MODULES", "auth")
        mounts = any(name == "taskfleet-signing-key" for name, _ in secrets_of(pod))
        if mounts is not signs or ("TASKFLEET_JWT_PRIVATE_KEY_FILE" in variables) is not signs:
            yield f"{pod.name}: {'lacks' if signs else 'has'} the signing key"
        if serves and not signs and "TASKFLEET_JWKS_URL" not in variables:
            yield f"{pod.name}: does not know where the keys are"


def keep_the_ways_to_users_apart(manifests: Sequence[Manifest]) -> Iterator[str]:
    """The worker alone has the mail server; it and who runs the module `notifications` have the key of web pushes."""
    for pod in pods(manifests):
        container = pod.spec["containers"][0]
        if container["name"] != "taskfleet":
            continue
        variables = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
        command = container["args"][0]
        pushes = command in {"serve", "worker"} and "notifications" in variables.get(
            "TASKFLEET_ENABLED_MODULES", "notifications"
        )
        needed = {"taskfleet-mail": command == "worker", "taskfleet-web-push": pushes}
        found = {name for name, _ in secrets_of(pod)}
        for name, is_needed in needed.items():
            if (name in found) is not is_needed:
                yield f"{pod.name}: {'lacks' if is_needed else 'has'} the Secret {name}"
        if ("TASKFLEET_VAPID_PRIVATE_KEY_FILE" in variables) is not pushes:
            yield f"{pod.name}: {'does not know' if pushes else 'knows'} where the key of web pushes is"
