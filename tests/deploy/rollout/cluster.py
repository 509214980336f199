"""A cluster as far as `kubectl` tells of it: revisions of Deployments, a migration, and whatever is to go wrong."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]

MANIFESTS = """apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    name: not-this-one
  name: api
  namespace: taskfleet
spec:
  template:
    metadata:
      name: nor-this-one
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
---
apiVersion: batch/v1
kind: Job
metadata:
  labels:
    taskfleet/stage: migrate
  name: migrate-1.2.3
"""

# Answers as kubectl and curl would, notes what it was asked, and keeps what became of it.
_PROGRAM = """#!{python}
import json, sys
from pathlib import Path

path = Path({state!r})
state = json.loads(path.read_text())
words = [word for word in sys.argv[1:] if word != "--namespace"][(sys.argv[1] == "--namespace"):]
state["calls"].append(" ".join([{program!r}, *words]))
status = 0
if {program!r} == "curl":
    status = 0 if state["answers"] else 22
elif words[0] == "kustomize":
    print(state["manifests"])
elif words[0] == "apply" and "--selector" not in words:
    for name in state["changed"]:
        state["revisions"][name] = state["revisions"].get(name, 0) + 1
elif words[:2] == ["get", "deployment"]:
    print(state["revisions"].get(words[2], ""), end="")
elif words[:2] == ["get", "job"]:
    print("True" if state["migration"] in words[-1] else "", end="")
elif words[:2] == ["rollout", "status"]:
    status = int(words[2].removeprefix("deployment/") in state["broken"])
elif words[:2] == ["rollout", "undo"]:
    state["broken"].remove(words[2].removeprefix("deployment/")) if state["broken"] else None
path.write_text(json.dumps(state))
sys.exit(status)
"""


@dataclass
class Cluster:
    """What there is, what the next version changes, and what goes wrong with it."""

    revisions: dict[str, int] = field(default_factory=lambda: {"api": 4, "worker": 7})
    changed: list[str] = field(default_factory=lambda: ["api", "worker"])
    broken: list[str] = field(default_factory=list)
    migration: str = "Complete"
    answers: bool = True
    manifests: str = MANIFESTS
    calls: list[str] = field(default_factory=list)

    def calls_of(self, command: str) -> list[str]:
        """The calls that begin so, in order."""
        return [call for call in self.calls if call.startswith(command)]


def deploy(cluster: Cluster, directory: Path) -> subprocess.CompletedProcess[str]:
    """Roll the version out in a copy of `k8s`; the cluster then says what became of it."""
    programs, state = directory / "programs", directory / "state.json"
    (directory / "k8s" / "overlays" / "production").mkdir(parents=True)
    script = directory / "k8s" / "deploy"
    script.write_bytes((ROOT / "k8s" / "deploy").read_bytes())
    programs.mkdir()
    state.write_text(json.dumps(asdict(cluster)), encoding="utf-8")
    for program in ("kubectl", "curl"):
        file = programs / program
        file.write_text(_PROGRAM.format(python=sys.executable, state=str(state), program=program), encoding="utf-8")
        file.chmod(0o755)
    finished = subprocess.run(
        ["/bin/sh", script, "production"],
        env={
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PUBLIC_URL": "https://tasks.example.com",
            "POLL_SECONDS": "0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    for name, value in json.loads(state.read_text(encoding="utf-8")).items():
        setattr(cluster, name, value)
    return finished
