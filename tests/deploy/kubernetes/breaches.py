"""What somebody might do to the objects of the installation `self-hosted`, for each rule that must find it."""

from collections.abc import Callable
from typing import Any

from tests.deploy.kubernetes.rendering import Manifest

# Takes the objects by kind and name.
Change = Callable[[dict[tuple[str, str], Manifest]], Any]


def pod(manifest: Manifest) -> Manifest:
    spec: Manifest = manifest["spec"]["template"]["spec"]
    return spec


def container(manifest: Manifest) -> Manifest:
    first: Manifest = pod(manifest)["containers"][0]
    return first


API = ("Deployment", "api")
GATEWAY = ("Deployment", "gateway")
SHARD = ("StatefulSet", "shard-0")
MIGRATE = ("Job", "migrate-0.1.0")


def settings(manifests: dict[tuple[str, str], Manifest], prefix: str) -> dict[str, str]:
    (found,) = (one for (kind, name), one in manifests.items() if kind == "ConfigMap" and name.startswith(prefix))
    data: dict[str, str] = found["data"]
    return data


def without_keys(manifests: dict[tuple[str, str], Manifest]) -> None:
    container(manifests[API])["env"] = [{"name": "TASKFLEET_ENABLED_MODULES", "value": "tasks"}]
    pod(manifests[API])["volumes"] = []


# For each rule, what somebody might do to the objects of the installation `self-hosted`.
BREACHES: list[tuple[str, str, Change]] = [
    ("run_restricted", "root", lambda m: pod(m[API])["securityContext"].update(runAsUser=0)),
    ("run_restricted", "seccomp", lambda m: pod(m[GATEWAY])["securityContext"].pop("seccompProfile")),
    ("run_restricted", "writable", lambda m: container(m[SHARD])["securityContext"].pop("readOnlyRootFilesystem")),
    ("run_restricted", "init", lambda m: pod(m[SHARD])["initContainers"][0].pop("securityContext")),
    ("run_restricted", "host", lambda m: pod(m[API]).update(hostNetwork=True)),
    ("run_restricted", "namespace", lambda m: m["Namespace", "taskfleet"]["metadata"]["labels"].clear()),
    ("have_no_token", "pod", lambda m: pod(m[API]).pop("automountServiceAccountToken")),
    ("have_no_token", "account", lambda m: m["ServiceAccount", "api"].pop("automountServiceAccountToken")),
    ("have_no_token", "default account", lambda m: pod(m[MIGRATE]).pop("serviceAccountName")),
    ("have_no_token", "links", lambda m: pod(m[GATEWAY]).pop("enableServiceLinks")),
    ("pin_images", "latest", lambda m: container(m[SHARD]).update(image="mongo:latest")),
    ("pin_images", "no tag", lambda m: container(m[SHARD]).update(image="mongo")),
    ("pin_images", "old", lambda m: container(m[API]).update(image="ghcr.io/taskfleet/taskfleet:0.0.9")),
    ("are_probed", "none", lambda m: container(m[API]).pop("startupProbe")),
    ("are_probed", "short", lambda m: container(m[API])["readinessProbe"].pop("timeoutSeconds")),
    ("are_probed", "life by MongoDB", lambda m: container(m[API])["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("have_resources", "no request", lambda m: container(m[API])["resources"]["requests"].pop("cpu")),
    ("have_resources", "no limit", lambda m: container(m[API])["resources"]["limits"].pop("memory")),
    ("have_resources", "throttled", lambda m: container(m[API])["resources"]["limits"].update(cpu="1")),
    ("have_resources", "endless", lambda m: pod(m[API])["volumes"].append({"name": "x", "emptyDir": {}})),
    ("have_resources", "disk", lambda m: container(m[API])["resources"]["limits"].pop("ephemeral-storage")),
    ("end_in_time", "grace", lambda m: pod(m[API]).update(terminationGracePeriodSeconds=44)),
    ("end_in_time", "grace of the gateway", lambda m: pod(m[GATEWAY]).update(terminationGracePeriodSeconds=46)),
    ("end_in_time", "delay", lambda m: settings(m, "taskfleet-").update(TASKFLEET_SHUTDOWN_DELAY_SECONDS="11")),
    ("end_in_time", "no delay", lambda m: settings(m, "taskfleet-").update(TASKFLEET_SHUTDOWN_DELAY_SECONDS="9")),
    ("end_in_time", "no sleep", lambda m: container(m[GATEWAY]).pop("lifecycle")),
    ("end_in_time", "load balancer", lambda m: container(m[GATEWAY])["lifecycle"]["preStop"].update(
        sleep={"seconds": 5})),
    ("run_one_process", "two", lambda m: container(m[API])["args"].extend(["--workers", "2"])),
    ("roll_without_a_gap", "gap", lambda m: m[API]["spec"].pop("strategy")),
    ("roll_without_a_gap", "replicas", lambda m: m[API]["spec"].update(replicas=3)),
    ("set_up_mongodb", "transactions", lambda m: container(m[SHARD])["args"].pop(-2)),
    ("set_up_mongodb", "role", lambda m: container(m[SHARD])["args"].append("--configsvr")),
    ("set_up_mongodb", "volume", lambda m: m[SHARD]["spec"].pop("volumeClaimTemplates")),
    ("migrate_by_version", "name", lambda m: m[MIGRATE]["metadata"].update(name="migrate-0.0.9")),
    ("migrate_by_version", "stays", lambda m: m[MIGRATE]["spec"].pop("ttlSecondsAfterFinished")),
    ("name_what_exists", "account", lambda m: m.pop(("ServiceAccount", "api"))),
    ("name_what_exists", "ConfigMap", lambda m: container(m[API])["envFrom"][0]["configMapRef"].update(name="none")),
    ("name_what_exists", "Secret", lambda m: container(m[API])["envFrom"][1]["secretRef"].update(name="none")),
    ("name_what_exists", "key", lambda m: container(m["Deployment", "cache"])["env"][0]["valueFrom"]["secretKeyRef"]
     .update(key="none")),
    ("name_what_exists", "volume", lambda m: pod(m[API])["volumes"].append(
        {"name": "x", "secret": {"secretName": "x"}})),
    ("name_what_exists", "committed", lambda m: m.update(
        {("Secret", "s"): {"kind": "Secret", "metadata": {"name": "s"}}})),
    ("select_what_runs", "own", lambda m: m[API]["spec"]["selector"]["matchLabels"].update(x="y")),
    ("select_what_runs", "service", lambda m: m["Service", "api-pods"]["spec"]["selector"].update(x="y")),
    ("select_what_runs", "port", lambda m: m["Service", "api"]["spec"]["ports"][0].update(targetPort="web")),
    ("select_what_runs", "budget", lambda m: m["PodDisruptionBudget", "api"]["spec"]["selector"].clear()),
    ("select_what_runs", "probe", lambda m: container(m[API])["livenessProbe"]["httpGet"].update(port="web")),
    ("scale_what_exists", "target", lambda m: m["HorizontalPodAutoscaler", "api"]["spec"]["scaleTargetRef"]
     .update(name="app")),
    ("scale_what_exists", "memory", lambda m: m["HorizontalPodAutoscaler", "api"]["spec"]["metrics"].pop()),
    ("scale_what_exists", "slow up", lambda m: m["HorizontalPodAutoscaler", "api"]["spec"]["behavior"]["scaleUp"]
     .update(stabilizationWindowSeconds=300)),
    ("let_nodes_be_drained", "none", lambda m: m.pop(("PodDisruptionBudget", "shard-0"))),
    ("let_nodes_be_drained", "stuck", lambda m: m["PodDisruptionBudget", "api"]["spec"].update(maxUnavailable=0)),
    ("set_what_is_known", "app", lambda m: settings(m, "taskfleet-").update(TASKFLEET_WORKER="2")),
    ("set_what_is_known", "gateway", lambda m: settings(m, "gateway-").update(GATEWAY_UPSTREAM="api:8000")),
    ("set_what_is_known", "variable", lambda m: container(m[API])["env"].append({"name": "TASKFLEET_JWT_KEY"})),
    ("route_to_services", "balanced", lambda m: settings(m, "gateway-").update(
        GATEWAY_UPSTREAMS="api.taskfleet.svc.cluster.local:8000")),
    ("route_to_services", "short", lambda m: settings(m, "gateway-").update(GATEWAY_UPSTREAMS="api-pods:8000")),
    ("route_to_services", "none", lambda m: settings(m, "gateway-").pop("GATEWAY_UPSTREAMS")),
    ("route_to_services", "keys", lambda m: container(m[API])["env"].append(
        {"name": "TASKFLEET_JWKS_URL", "value": "http://auth:8000/.well-known/jwks.json"})),
    ("keep_the_signing_key_apart", "worker", lambda m: pod(m["Deployment", "worker"])["volumes"].append(
        {"name": "key", "secret": {"secretName": "taskfleet-signing-key"}})),
    ("keep_the_signing_key_apart", "lost", lambda m: container(m[API])["env"].clear()),
    ("keep_the_signing_key_apart", "module", lambda m: container(m[API])["env"].append(
        {"name": "TASKFLEET_ENABLED_MODULES", "value": "tasks"})),
    ("keep_the_signing_key_apart", "unknown", without_keys),
    ("keep_the_ways_to_users_apart", "mail", lambda m: container(m[API])["env"].append(
        {"name": "MAIL", "valueFrom": {"secretKeyRef": {"name": "taskfleet-mail", "key": "SMTP_URL"}}})),
    ("keep_the_ways_to_users_apart", "migration", lambda m: pod(m[MIGRATE])["volumes"].append(
        {"name": "key", "secret": {"secretName": "taskfleet-web-push"}})),
    ("keep_the_ways_to_users_apart", "module", lambda m: container(m[API])["env"].append(
        {"name": "TASKFLEET_ENABLED_MODULES", "value": "tasks"})),
    ("keep_the_ways_to_users_apart", "mute", lambda m: container(m["Deployment", "worker"])["env"].clear()),
    ("keep_the_ways_to_users_apart", "lost", lambda m: pod(m["Deployment", "worker"])["volumes"].clear()),
]  # fmt: skip

BREACHES_OF_SPREADING: list[Change] = [
    lambda m: pod(m[API])["topologySpreadConstraints"].pop(),
    lambda m: pod(m[API])["topologySpreadConstraints"][1].pop("nodeTaintsPolicy"),
    lambda m: pod(m[SHARD])["topologySpreadConstraints"][0].update(nodeTaintsPolicy="Ignore"),
    lambda m: pod(m[API])["topologySpreadConstraints"][0].update(whenUnsatisfiable="ScheduleAnyway"),
    lambda m: pod(m[API])["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update(x="y"),
    lambda m: pod(m[SHARD]).pop("affinity"),
]
