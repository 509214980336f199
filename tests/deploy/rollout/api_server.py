"""As much of an API server as `kubectl` needs for a rollout: it keeps objects, and says what it was asked to change.

Facts of Kubernetes that matter here are kept: a job cannot be changed, what is not known is not taken, and patches
merge as the built-in kinds do (lists of named things by name). What controllers would do is in `controllers.py`.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.deploy.rollout.merging import merge, patch

Manifest = dict[str, Any]

# Kinds by group and version, with the name of their resource; all but Namespace are in a namespace.
RESOURCES: dict[str, dict[str, str]] = {
    "v1": {
        "Namespace": "namespaces",
        "ConfigMap": "configmaps",
        "Secret": "secrets",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
        "Pod": "pods",
    },
    "apps/v1": {"Deployment": "deployments", "ReplicaSet": "replicasets"},
    "batch/v1": {"Job": "jobs"},
    "autoscaling/v2": {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "networking.k8s.io/v1": {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"},
    "monitoring.coreos.com/v1": {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"},
}
# What comes after a change: given the server and the object.
Controller = Callable[["ApiServer", Manifest], None]


class RefusalError(Exception):
    """An answer that is none of success: code and reason as in `Status` of meta/v1."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
        self.status["message"] = f"the server says {reason}"


@dataclass
class ApiServer:
    """Objects by resource and name (`deployments/api`), and what was asked: verb and object, in order."""

    objects: dict[str, Manifest] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    controller: Controller = lambda _server, _object: None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def discover(self, path: str) -> Manifest:
        """Answer what there is: groups, or the resources of one."""
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [name for name in RESOURCES if "/" in name and name not in self.unknown]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in groups]}
        version = path.removeprefix("/apis/").removeprefix("/api/")
        if version not in RESOURCES or version in self.unknown:
            raise RefusalError(404, "NotFound")
        kinds = [
            {
                "name": name,
                "kind": kind,
                "namespaced": kind != "Namespace",
                "verbs": ["get", "list", "create", "patch"],
            }
            for kind, name in RESOURCES[version].items()
        ]
        return {"kind": "APIResourceList", "groupVersion": version, "resources": kinds}

    def get(self, key: str) -> Manifest:
        """Return an object, or refuse."""
        if key not in self.objects:
            raise RefusalError(404, "NotFound")
        return self.objects[key]

    def select(self, resource: str, query: dict[str, str]) -> list[Manifest]:
        """Return the objects of a resource that a query takes, by labels (`key=value` only) or name."""
        wanted = dict(pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair)
        name = query.get("fieldSelector", "").removeprefix("metadata.name=")
        return [
            one
            for key, one in self.objects.items()
            if key.startswith(f"{resource}/")
            and wanted.items() <= one["metadata"].get("labels", {}).items()
            and name in {"", one["metadata"]["name"]}
        ]

    def create(self, resource: str, manifest: Manifest) -> Manifest:
        """Keep a new object."""
        key = f"{resource}/{manifest['metadata']['name']}"
        if key in self.objects:
            raise RefusalError(409, "AlreadyExists")
        manifest["metadata"].update(uid=key, generation=1, resourceVersion="1")
        self.objects[key] = manifest
        self.calls.append(f"create {key}")
        self.controller(self, manifest)
        return manifest

    def change(self, key: str, change: Any, *, is_json_patch: bool) -> Manifest:
        """Patch an object: by a list of operations (RFC 6902), or by merging."""
        before = self.get(key)
        after = patch(before, change) if is_json_patch else merge(before, change)
        if before["kind"] == "Job" and before["spec"]["template"] != after["spec"]["template"]:
            raise RefusalError(422, "Invalid")
        if before.get("spec") != after.get("spec"):
            after["metadata"]["generation"] += 1
        self.objects[key] = after
        self.calls.append(f"patch {key}")
        self.controller(self, after)
        return self.objects[key]

    def delete(self, key: str) -> Manifest:
        """Forget an object."""
        self.get(key)
        del self.objects[key]
        self.calls.append(f"delete {key}")
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}


def _group(name: str) -> Manifest:
    version = {"groupVersion": name, "version": name.partition("/")[2]}
    return {"name": name.partition("/")[0], "versions": [version], "preferredVersion": version}


def _openapi(server: ApiServer, path: str) -> Manifest:
    """Tell `kubectl` that the server itself checks fields, which it looks up before it applies."""
    prefix = "/openapi/v3"
    if path == prefix:
        names = {f"api{'s' if '/' in name else ''}/{name}" for name in RESOURCES if name not in server.unknown}
        return {"paths": {name: {"serverRelativeURL": f"{prefix}/{name}"} for name in names}}
    version = path.removeprefix(f"{prefix}/").removeprefix("apis/").removeprefix("api/")
    group, _, number = version.rpartition("/")
    checked = [{"name": "fieldValidation", "in": "query"}, {"name": "dryRun", "in": "query"}]
    return {
        "openapi": "3.0.0",
        "paths": {
            f"/{resource}": {
                "patch": {
                    "parameters": checked,
                    "x-kubernetes-group-version-kind": {"group": group, "version": number, "kind": kind},
                }
            }
            for kind, resource in RESOURCES[version].items()
        },
    }


def _address(path: str) -> tuple[str, str]:
    """Return resource and name (or nothing) of a path."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[0] == "namespaces" and len(parts) > 2:
        parts = parts[2:]
    return parts[0], parts[1] if len(parts) > 1 else ""


class Handler(BaseHTTPRequestHandler):
    """Speaks for the `ApiServer` of its class."""

    server_state: ApiServer
    protocol_version = "HTTP/1.1"
    # Head and body are two packets; with the algorithm the second one waits 40 ms for a receipt of the first.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is that of the base class
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            with self.server_state.lock:
                found = self._do(body)
            code, answer = 200, b"" if found is None else json.dumps(found).encode()
        except RefusalError as refusal:
            code, answer = refusal.status["code"], json.dumps(refusal.status).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names of the base class

    def _do(self, body: bytes) -> Manifest | None:
        url = urlsplit(self.path)
        if url.path.startswith("/openapi/v3"):
            return _openapi(self.server_state, url.path)
        if len(url.path.strip("/").split("/")) <= (2 if url.path.startswith("/api/") else 3):
            return self.server_state.discover(url.path)
        resource, name = _address(url.path)
        if self.command == "GET":
            return self._read(resource, name, {key: values[0] for key, values in parse_qs(url.query).items()})
        return self._write(resource, name, body)

    def _read(self, resource: str, name: str, query: dict[str, str]) -> Manifest | None:
        if name:
            return self.server_state.get(f"{resource}/{name}")
        if "watch" in query:
            return None  # everything is over at once, so that there is no more to see
        kinds = [
            (version, kind)
            for version, kinds in RESOURCES.items()
            for kind, each in kinds.items()
            if each == resource
        ]
        if not kinds:
            raise RefusalError(404, "NotFound")  # an answer, without which `kubectl` asks for ten seconds
        [(version, kind)] = kinds
        found = self.server_state.select(resource, query)
        return {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": found}

    def _write(self, resource: str, name: str, body: bytes) -> Manifest:
        if self.command == "POST":
            return self.server_state.create(resource, json.loads(body))
        if self.command == "DELETE":
            return self.server_state.delete(f"{resource}/{name}")
        is_json_patch = "json-patch" in self.headers["Content-Type"]
        return self.server_state.change(f"{resource}/{name}", json.loads(body), is_json_patch=is_json_patch)


def serve(state: ApiServer) -> ThreadingHTTPServer:
    """Answer on loopback until `shutdown`."""
    handler = type("OwnHandler", (Handler,), {"server_state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # How long it takes to notice the end, at the most.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server
