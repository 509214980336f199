"""What pods ask for is what docs/scaling.md works out, from what `make bench` measured."""

import json
import math
import re
from typing import Any

import pytest

from tests.architecture.documents import ROOT, read_document, table_rows
from tests.deploy.kubernetes.pod_rules import quantity
from tests.deploy.kubernetes.rendering import installation, of_kind, pods
from tests.deploy.monitoring.files import recording_rules

SCALING = read_document("docs/scaling.md")
# The busiest minute of the example: a million users, of whom one in twenty is active.
USERS = 50_000
READS, CHANGES = USERS * 4 / 60, USERS * 0.5 / 60
SHARE_304, SHARE_HIT, SHARE_MISS = 0.5, 0.3, 0.2
# Of a core, and of each pod's request: the target of the autoscaler.
USE = 0.6
MEMORY_USE = 0.85
MIB = 2**20
SCENARIOS = {
    "C_hit": ("cached-list", "worker_cpu_us"),
    "C_304": ("not-modified", "worker_cpu_us"),
    "C_miss": ("uncached-list", "worker_cpu_us"),
    "C_create": ("create", "worker_cpu_us"),
    "C_patch": ("patch", "worker_cpu_us"),
    "D_miss": ("uncached-list", "databases_cpu_us"),
    "D_create": ("create", "databases_cpu_us"),
    "D_patch": ("patch", "databases_cpu_us"),
}


def symbols() -> dict[str, float]:
    """Return the figures of the page by their symbols."""
    rows = [[cell.strip("`") for cell in row[:2]] for row in table_rows(SCALING)]
    return {row[0]: float(row[1].replace(",", "")) for row in rows if re.fullmatch(r"[0-9.,]+", row[1])}


def table_of_pods() -> dict[str, list[str]]:
    """Return the rows of the table of pods: processor, memory asked for and allowed, least and most pods."""
    _, section = SCALING.split("\n## Pods\n", 1)
    return {row[0].strip("`"): row[1:] for row in table_rows(section.split("\n## ", 1)[0]) if len(row) == 6}


def streams_of(pod: str, without_mib: float, stream_kib: float) -> float:
    """Return how many streams a pod has when the autoscaler acts."""
    return (MEMORY_USE * float(quantity(table_of_pods()[pod][1])) / MIB - without_mib) * 1024 / stream_kib


def room_above_threshold(pod: str) -> float:
    """Return how much a pod may take beyond what the autoscaler acts on, in MiB."""
    asked, allowed = (float(quantity(cell)) / MIB for cell in table_of_pods()[pod][1:3])
    return allowed - MEMORY_USE * asked


def connections_of_a_process() -> int:
    """Return how many connections a process of the gateway may have, unless told otherwise."""
    found = re.search(r"GATEWAY_WORKER_CONNECTIONS:-(\d+)", (ROOT / "nginx" / "render").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


def pods_needed(cost_of_reads_ms: float) -> float:
    """Return how many pods serve the example at the target, by what the mean read costs."""
    figures = symbols()
    changes = CHANGES * (figures["C_create"] + figures["C_patch"]) / 2
    return (READS * cost_of_reads_ms + changes) / 1000 / USE


class TestTheMeasuredFigures:
    measured: Any = json.loads((ROOT / "bench" / "results" / "latest.json").read_text(encoding="utf-8"))

    @pytest.mark.parametrize("symbol", SCENARIOS)
    def test_of_the_page_are_no_less_than_the_last_run_took_and_not_twice_as_much(self, symbol: str) -> None:
        scenario, whose = SCENARIOS[symbol]
        measured_ms = self.measured["scenarios"][scenario]["taskfleet"][whose] / 1000

        assert measured_ms <= symbols()[symbol] <= 2 * measured_ms

    def test_of_memory_are_those_of_the_last_run(self) -> None:
        assert symbols()["M_worker"] == math.ceil(self.measured["memory_mb"]["taskfleet"] * 10**6 / MIB)


class TestTheArithmetic:
    def test_gives_the_pods_of_a_million_users(self) -> None:
        figures = symbols()
        mean = SHARE_304 * figures["C_304"] + SHARE_HIT * figures["C_hit"] + SHARE_MISS * figures["C_miss"]
        least, most = table_of_pods()["api"][3:]

        assert math.ceil(pods_needed(mean)) == int(least) == 3
        assert 2 * math.ceil(pods_needed(figures["C_miss"])) == int(most)  # twice what it takes without the cache
        per_pod = (READS + CHANGES) / pods_needed(mean)
        assert f"{per_pod:,.0f} requests a second" in SCALING

    def test_gives_the_memory_of_a_process(self) -> None:
        figures = symbols()
        full = figures["M_worker"] + figures["M_limits"]
        streams = streams_of("api", full, figures["M_stream"])

        assert f"{streams:,.0f} in each pod" in SCALING
        assert USERS / streams < int(table_of_pods()["api"][4])
        # Three quarters of what a full process takes are left for what comes and goes.
        assert room_above_threshold("api") > 0.75 * full

    def test_gives_the_memory_of_the_gateway(self) -> None:
        figures = symbols()
        streams = streams_of("gateway", figures["M_gateway"], figures["M_gateway_stream"])
        # As many as its two processes have connections for, two for each stream: to the client and to the service.
        most = figures["M_gateway"] + connections_of_a_process() * figures["M_gateway_stream"] / 1024

        assert f"{streams:,.0f} in each pod" in SCALING
        assert USERS / streams < int(table_of_pods()["gateway"][4])
        assert most < float(quantity(table_of_pods()["gateway"][2])) / MIB

    def test_gives_the_gateway_room(self) -> None:
        busy = (READS + CHANGES) * symbols()["C_gateway"] / 1000
        cores = float(quantity(table_of_pods()["gateway"][0]))

        assert busy / USE < 2 * cores  # two of the three pods carry it

    def test_gives_the_memory_and_the_processor_of_a_shard(self) -> None:
        figures, shards = symbols(), 2
        working_set = 50_000 * 200 * (figures["task_bytes"] + figures["task_index_bytes"]) / shards
        cores, memory, limit, *_ = table_of_pods()["shard"]
        without_a_cache = READS * figures["D_miss"] + CHANGES * (figures["D_create"] + figures["D_patch"]) / 2

        assert working_set <= 0.5 * (float(quantity(memory)) - 2**30)
        assert without_a_cache / 1000 / USE / shards <= float(quantity(cores))
        assert memory == limit

    def test_gives_the_memory_of_the_cache_server(self) -> None:
        needed = 50_000 * symbols()["M_user"] * 1024 * 1.5 / MIB

        assert needed <= 3400 <= float(quantity(table_of_pods()["cache"][1])) / MIB / 1.25


@pytest.mark.parametrize("name", ["production", "split", "self-hosted"])
class TestTheManifests:
    def test_ask_for_what_the_table_says(self, name: str) -> None:
        table = table_of_pods()
        for pod in pods(installation(name)):
            row = table[pod.labels["app.kubernetes.io/name"].rstrip("-01")]
            resources = pod.spec["containers"][0]["resources"]

            asked = [resources["requests"]["cpu"], resources["requests"]["memory"], resources["limits"]["memory"]]
            assert [quantity(one) for one in asked] == [quantity(cell) for cell in row[:3]], pod.name

    def test_allow_a_process_what_the_alert_thinks_of(self, name: str) -> None:
        (thought,) = (one["expr"] for one in recording_rules() if one["record"] == "taskfleet:memory_limit:bytes")

        limits = {
            quantity(pod.spec["containers"][0]["resources"]["limits"]["memory"])
            for pod in pods(installation(name))
            if pod.labels["app.kubernetes.io/component"] in {"api", "worker"}
        }
        assert limits == {int(thought.removeprefix("vector(").removesuffix(")"))}

    def test_scale_between_the_bounds_of_the_table(self, name: str) -> None:
        manifests, table = installation(name), table_of_pods()
        bounds = {
            one["metadata"]["name"]: [str(one["spec"]["minReplicas"]), str(one["spec"]["maxReplicas"])]
            for one in of_kind(manifests, "HorizontalPodAutoscaler")
        }
        fixed = {
            one["metadata"]["name"]: [str(one["spec"]["replicas"])] * 2
            for one in of_kind(manifests, "Deployment", "StatefulSet")
            if "replicas" in one["spec"]
        }

        for workload, wanted in {**bounds, **fixed}.items():
            assert table[workload.rstrip("-01")][3:] == wanted, workload

    def test_scale_at_the_use_that_the_arithmetic_has(self, name: str) -> None:
        for scaler in of_kind(installation(name), "HorizontalPodAutoscaler"):
            targets = {
                metric["resource"]["name"]: metric["resource"]["target"]["averageUtilization"]
                for metric in scaler["spec"]["metrics"]
            }
            assert targets == {"cpu": round(100 * USE), "memory": round(100 * MEMORY_USE)}
