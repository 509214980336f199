"""What the controllers of Deployments and jobs would do, at once: revisions, ReplicaSets, conditions."""

import copy
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from tests.deploy.rollout.api_server import ApiServer, Manifest

REVISION = "deployment.kubernetes.io/revision"


@dataclass
class Controllers:
    """Takes care of changed objects; which Deployments do not come up, and how jobs end, is up to the test."""

    broken: set[str] = field(default_factory=set)
    # `Complete`, `Failed`, or nothing where it goes on.
    job_ends_as: str = "Complete"
    # Templates whose pods come up, whatever is broken: those of versions that ran before.
    sound: set[str] = field(default_factory=set)

    def __call__(self, server: ApiServer, changed: Manifest) -> None:
        """Look after one object."""
        if changed["kind"] == "Deployment":
            self._roll(server, changed)
        elif changed["kind"] == "Job":
            ended = [{"type": self.job_ends_as, "status": "True"}] if self.job_ends_as else []
            changed["status"] = {"conditions": ended}

    def _roll(self, server: ApiServer, deployment: Manifest) -> None:
        name, template = deployment["metadata"]["name"], deployment["spec"]["template"]
        digest = digest_of(template)
        own = [
            one for one in server.select("replicasets", {}) if one["metadata"]["ownerReferences"][0]["name"] == name
        ]
        latest = max((int(one["metadata"]["annotations"][REVISION]) for one in own), default=0)
        current = deployment["metadata"].setdefault("annotations", {}).get(REVISION)
        found = next((one for one in own if one["metadata"]["labels"]["pod-template-hash"] == digest), None)
        if found is None or found["metadata"]["annotations"][REVISION] != current:
            revision = str(latest + 1)
            server.objects[f"replicasets/{name}-{digest}"] = _replica_set(deployment, template, digest, revision)
            deployment["metadata"]["annotations"][REVISION] = revision
        deployment["status"] = self._status(name, digest, deployment["metadata"]["generation"])

    def _status(self, name: str, digest: str, generation: int) -> Manifest:
        if name in self.broken and digest not in self.sound:
            late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
            return {"observedGeneration": generation, "replicas": 1, "conditions": [late]}
        self.sound.add(digest)
        ready = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
        return {"observedGeneration": generation, **ready}


def digest_of(template: Manifest) -> str:
    """Return what tells templates apart; the label that says so left out, and what `kubectl` writes for nothing."""
    template = _without_nothing(template)
    template["metadata"]["labels"].pop("pod-template-hash", None)
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _without_nothing(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_nothing(value) for key, value in part.items() if value not in (None, {})}
    return [_without_nothing(value) for value in part] if isinstance(part, list) else part


def _replica_set(deployment: Manifest, template: Manifest, digest: str, revision: str) -> Manifest:
    name, template = deployment["metadata"]["name"], copy.deepcopy(template)
    template["metadata"]["labels"]["pod-template-hash"] = digest
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": deployment["metadata"]["uid"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name}-{digest}",
            "namespace": deployment["metadata"]["namespace"],
            "uid": f"{name}-{digest}",
            "labels": template["metadata"]["labels"],
            "annotations": {REVISION: revision},
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {"replicas": 1, "selector": deployment["spec"]["selector"], "template": template},
    }
