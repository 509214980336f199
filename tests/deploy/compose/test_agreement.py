"""docker-compose.yml agrees with what is said of the same elsewhere: alerts, Prometheus, Kubernetes."""

import pytest
import yaml

from tests.architecture.documents import ROOT
from tests.deploy.compose.stack import Service, read_size, services
from tests.deploy.kubernetes.rendering import pods, render

SERVICES = services()
MONITORING = ROOT / "docker" / "monitoring"


def processes(service: Service) -> int:
    """Return how many processes of ours a service is: one, unless its command says `--workers`."""
    command = [str(word) for word in service.get("command", ())]
    return int(command[command.index("--workers") + 1]) if "--workers" in command else 1


class TestTheMemory:
    @pytest.mark.parametrize("name", ["api-1", "api-2", "worker"])
    def test_of_a_process_is_what_the_alert_thinks_of(self, name: str) -> None:
        groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
        [thought] = [
            float(rule["expr"].removeprefix("vector(").removesuffix(")"))
            for group in groups
            for rule in group["rules"]
            if rule.get("record") == "taskfleet:memory_limit:bytes"
        ]
        limit = read_size(SERVICES[name]["deploy"]["resources"]["limits"]["memory"])
        assert limit == thought * processes(SERVICES[name])


class TestTheNumberOfProcesses:
    def test_is_what_the_service_says_of_itself(self) -> None:
        """By `TASKFLEET_WORKERS`, which starts none: it lets each know that it is not alone."""
        serving = [
            name
            for name, service in SERVICES.items()
            if "TASKFLEET_JWT_PRIVATE_KEY_FILE" in service.get("environment", {})
        ]

        assert serving == ["api-1", "api-2"]
        for name in serving:
            said = SERVICES[name]["environment"]["TASKFLEET_WORKERS"]
            assert int(said) == sum(processes(SERVICES[each]) for each in serving)

    def test_is_read_from_the_command(self) -> None:
        assert processes({"command": ["serve", "--workers", 3]}) == 3


class TestPrometheus:
    def test_asks_every_process(self) -> None:
        jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
        asked = {
            target
            for job in jobs
            if job["job_name"].startswith("taskfleet-")
            for static in job["static_configs"]
            for target in static["targets"]
        }
        # docs/operations.md, "Metrics": each worker takes the next port.
        assert asked == {
            f"{name}:{int(SERVICES[name]['environment']['TASKFLEET_METRICS_PORT']) + number}"
            for name in ("api-1", "api-2", "worker")
            for number in range(processes(SERVICES[name]))
        }


class TestTheDatabases:
    @pytest.mark.parametrize(("name", "directory"), [("mongo", "mongodb"), ("cache", "redis")])
    def test_are_the_same_ones_in_kubernetes(self, name: str, directory: str) -> None:
        images = {
            container["image"] for pod in pods(render(f"databases/{directory}")) for container in pod.containers()
        }
        own = SERVICES[name]["image"].removeprefix("docker.io/").removeprefix("library/")
        assert images == {own}
