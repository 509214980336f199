"""A real Prometheus scrapes a real service: every rule and panel is answered, and the main ones have data."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.deploy.monitoring.dashboard_queries import queries
from tests.deploy.monitoring.files import DIRECTORY, RULES, alerts, recording_rules
from tests.deploy.programs import require_program
from tests.integration.local_stack.local_process import ApiUser, LocalProcess
from tests.integration.local_stack.processes import wait_until
from tests.ports import find_free_port

# Sixty times as often as in prometheus.yml and in the rules, so that a few seconds make a rate.
_SCRAPE_INTERVAL = "250ms"
_RULE_INTERVAL = "500ms"

# What has nothing to tell here: nothing fails or is refused, no secondary is read, no process has started anew, and
# nobody is told anything by mail or push.
SILENT_PANELS = {
    *("Alerts", "Dead letters", "Deliveries that fail", "Errors", "Failures by route"),
    *("Reads passed over", "Refusals", "Starts"),
}


class Prometheus:
    """A running Prometheus, asked through its API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, path: str, **parameters: str) -> Any:
        """Return what the API answers; fail with its message."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self._url}/api/v1/{path}?{query}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{parameters}: {error.read().decode()}")

    def values(self, expression: str) -> list[float]:
        """Return the values of an expression at this moment."""
        return [float(sample["value"][1]) for sample in self.ask("query", query=expression)["result"]]

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=1):
                return True
        except OSError:
            return False


class Watched(NamedTuple):
    prometheus: Prometheus
    service: LocalProcess


def write_configuration(directory: Path, targets: list[str]) -> Path:
    """Write the configuration of the compose file with other targets and shorter intervals; return its path."""
    configuration = yaml.safe_load((DIRECTORY / "prometheus.yml").read_text(encoding="utf-8"))
    configuration["global"] = {"scrape_interval": _SCRAPE_INTERVAL, "evaluation_interval": _RULE_INTERVAL}
    configuration["scrape_configs"] = [
        {"job_name": job, "static_configs": [{"targets": targets}]} for job in ("taskfleet-api", "taskfleet-worker")
    ]
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    for group in rules["groups"]:
        group["interval"] = _RULE_INTERVAL
    (directory / RULES.name).write_text(yaml.safe_dump(rules), encoding="utf-8")
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalProcess, int]]:
    """A running `taskfleet local`, and the port of its metrics."""
    port = find_free_port()
    # Its user makes requests for as long as Prometheus takes.
    settings = {"TASKFLEET_METRICS_PORT": str(port), "TASKFLEET_RATE_LIMIT_USER": ""}
    with LocalProcess(tmp_path_factory.mktemp("local") / "data", **settings) as process:
        process.wait_until_ready()
        yield process, port
        process.stop()


@pytest.fixture(scope="module")
def watched(service: tuple[LocalProcess, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The service under some load, with a Prometheus that has watched it for long enough to have rates."""
    program = require_program("prometheus", "prometheus")
    directory, port = tmp_path_factory.mktemp("prometheus"), find_free_port()
    process, metrics_port = service
    command = [
        program,
        f"--config.file={write_configuration(directory, [f'127.0.0.1:{metrics_port}'])}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = directory / "log"
    with log.open("w", encoding="utf-8") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output, env={"PATH": os.defpath})
    try:
        prometheus = Prometheus(f"http://127.0.0.1:{port}")
        wait_until(prometheus.is_ready, f"Prometheus is ready: {log.read_text(encoding='utf-8')}")
        user = ApiUser(process.url)

        def has_all_rates() -> bool:
            user.create_task("A task")
            user.task_ids()
            # The last rule of each group, and they are evaluated side by side; a number once there are rates.
            ends = ("taskfleet:latency_budget_left:ratio30d", "route:taskfleet_http_request_seconds:p99_5m")
            return all(prometheus.values(f"{series} > -Inf") for series in ends)

        wait_until(has_all_rates, "rates of some requests")
        yield Watched(prometheus, process)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(20)


class TestARealPrometheus:
    def test_takes_the_rules_without_an_error(self, watched: Watched) -> None:
        found = [rule for group in watched.prometheus.ask("rules")["groups"] for rule in group["rules"]]

        assert len(found) == len(recording_rules()) + len(alerts())
        assert {(rule["name"], rule.get("lastError", "")) for rule in found if rule["health"] != "ok"} == set()

    def test_reaches_the_metrics_on_a_port_of_their_own(self, watched: Watched) -> None:
        assert watched.prometheus.values('up{job=~"taskfleet-.+"}') == [1, 1]

    @pytest.mark.parametrize("record", [rule["record"] for rule in recording_rules()])
    def test_records_data_for_every_rule(self, watched: Watched, record: str) -> None:
        assert watched.prometheus.values(record) != []

    @pytest.mark.parametrize("title", sorted({title for title, _ in queries()}))
    def test_answers_every_panel(self, watched: Watched, title: str) -> None:
        answers = [watched.prometheus.values(expression) for panel, expression in queries() if panel == title]

        assert any(answers) or title in SILENT_PANELS

    def test_says_what_is_true_of_a_healthy_service(self, watched: Watched) -> None:
        prometheus = watched.prometheus

        assert prometheus.values("taskfleet:availability_requests:rate5m > 0") != []
        assert prometheus.values("taskfleet:availability_burn:rate1h") == [0]
        assert prometheus.values("taskfleet:availability_budget_left:ratio30d") == [1]
        assert prometheus.values('sum(rate(taskfleet_mongo_command_seconds_count{command="find"}[1m])) > 0') != []
        assert prometheus.values('ALERTS{alertname=~"Taskfleet.+"}') == []
