"""Metrics belong to one app, not to the process."""

import asyncio
import re

import pytest
from prometheus_client import generate_latest

from app import __version__
from app.core.metrics import Metrics


class TestTheMetricsOfAnApp:
    def test_count_apart_from_those_of_another_app(self) -> None:
        first, second = Metrics(), Metrics()
        first.requests.count(("GET", "/api/v1/tasks", 200), 0.1)

        assert b'taskfleet_http_requests_total{method="GET",route="/api/v1/tasks",status="200"} 1.0' in first.render()
        assert b"/api/v1/tasks" not in second.render()

    def test_tell_the_version_and_the_commit(self) -> None:
        build = b'taskfleet_build_info{revision="%s",version="%s"} 1.0'

        assert build % (b"0a1b2c", __version__.encode()) in Metrics("0a1b2c").render()
        assert build % (b"unknown", __version__.encode()) in Metrics().render()

    def test_tell_of_the_process(self) -> None:
        text = Metrics().render()

        assert b"\nprocess_resident_memory_bytes " in text
        assert b"\npython_gc_collections_total{" in text


class TestRequests:
    def test_are_counted_by_status_and_their_times_by_route_alone(self) -> None:
        metrics = Metrics()
        for status, seconds in ((200, 0.001), (304, 0.0025), (304, 0.002), (503, 10.5)):
            metrics.requests.count(("GET", "/a", status), seconds)
        metrics.requests.count(("PUT", "/a", 204), 4)

        lines = [line.decode() for line in metrics.render().splitlines() if b"taskfleet_http" in line]

        assert [line for line in lines if line.startswith("taskfleet_http_requests_total")] == [
            f'taskfleet_http_requests_total{{method="{method}",route="/a",status="{status}"}} {count}'
            for method, status, count in (("GET", 200, 1.0), ("GET", 304, 2.0), ("GET", 503, 1.0), ("PUT", 204, 1.0))
        ]
        of_get = [line for line in lines if line.startswith("taskfleet_http_request_seconds") and '"GET"' in line]
        buckets = [re.findall(r'le="(.+)",method.* (.+)', line) for line in of_get if "_bucket" in line]
        assert buckets[:3] == [[("0.001", "1.0")], [("0.0025", "3.0")], [("0.005", "3.0")]]
        assert buckets[-2:] == [[("10.0", "3.0")], [("+Inf", "4.0")]]
        assert of_get[-2:] == [
            'taskfleet_http_request_seconds_count{method="GET",route="/a"} 4.0',
            'taskfleet_http_request_seconds_sum{method="GET",route="/a"} 10.5055',
        ]


class TestMetricsWrittenInParts:
    async def test_are_the_same_text(self) -> None:
        metrics = Metrics()
        for number in range(40):  # a family of some hundred samples, thus of several parts
            metrics.requests.count(("GET", f"/api/v1/{number}", 200), 0.1)

        parts = [line for line in (await metrics.render_beside_others()).splitlines() if is_of_requests(line)]

        whole = generate_latest(metrics.registry)
        assert parts == [line for line in whole.splitlines() if is_of_requests(line)]
        assert len(parts) > 400

    async def test_let_others_have_their_turn(self) -> None:
        metrics, turns = Metrics(), 0

        async def take_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(take_turns())
        await metrics.render_beside_others()
        other.cancel()

        assert turns > 10


def is_of_requests(line: bytes) -> bool:
    """Whether a line is of what a test counts, other than the times and the memory of the process."""
    return b"taskfleet_http" in line


class TestOutcomes:
    async def test_are_there_before_the_first_of_them(self) -> None:
        metrics = Metrics()
        metrics.cache.reads.count("hit")
        metrics.cache.reads.count("hit")

        lines = [line for line in metrics.render().decode().splitlines() if "taskfleet_cache_reads" in line]

        assert lines[1] == "# TYPE taskfleet_cache_reads_total counter"
        assert lines[2:] == [
            'taskfleet_cache_reads_total{outcome="hit"} 2.0',
            'taskfleet_cache_reads_total{outcome="not_modified"} 0.0',
            'taskfleet_cache_reads_total{outcome="shared"} 0.0',
            'taskfleet_cache_reads_total{outcome="miss"} 0.0',
            'taskfleet_cache_reads_total{outcome="bypass"} 0.0',
        ]

    async def test_that_nobody_declared_are_not_counted(self) -> None:
        with pytest.raises(KeyError):
            Metrics().cache.reads.count("something else")
