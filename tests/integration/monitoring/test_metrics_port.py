"""The port of the metrics: apart from the API, one for each process, and refused in one line if it is taken."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.metrics import Metrics
from app.core.settings import ObservabilitySettings, Settings
from app.monitoring import check_metrics_ports, run_monitoring
from app.serving import ListenError
from tests.integration.local_stack.local_process import clean_environment, run_taskfleet
from tests.integration.local_stack.processes import descendants, wait_until
from tests.ports import find_free_port

HOST = "127.0.0.1"


def ask(port: int, path: str) -> tuple[int, str]:
    """Return status and text; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def operator(settings: Settings, web_dist: Path) -> dict[str, str]:
    """The settings of an operator, the browser app included, which answers at most paths."""
    return {
        "TASKFLEET_PROFILE": "local",
        "TASKFLEET_MONGO_URL": settings.mongo.url.get_secret_value(),
        "TASKFLEET_MONGO_DATABASE": settings.mongo.database,
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(settings.jwt.private_key_file),
        "TASKFLEET_WEB_DIST": str(web_dist),
    }


def listens(pid: int, port: int) -> bool:
    """Whether a process has the socket that listens on a port (proc(5), `net/tcp`: 0A is a listening one)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    return any(str(entry.readlink()) in sockets for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink())


@contextmanager
def serving(settings: dict[str, str], port: int, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`taskfleet serve` as long as the block lasts."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *arguments]
    with subprocess.Popen(command, env=clean_environment(**settings), stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: ask(port, "/livez")[0] == 200, "the API answers")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


class TestAPortForTheMetrics:
    def test_has_them_instead_of_the_api(self, operator: dict[str, str]) -> None:
        port = find_free_port(2)
        with serving(operator | {"TASKFLEET_METRICS_PORT": str(port + 1)}, port):
            status, text = ask(port + 1, "/metrics")

            assert status == 200
            assert 'route="/livez"' in text
            assert ask(port, "/metrics")[0] == 404
            assert ask(port + 1, "/livez")[0] == 404
            assert ask(port + 1, "/api/v1/tasks")[0] == 404

    def test_is_needed_to_take_them_from_the_api(self, operator: dict[str, str]) -> None:
        """The control: without the setting, the API has them."""
        port = find_free_port()
        with serving(operator, port):
            assert ask(port, "/metrics")[0] == 200

    def test_is_one_for_each_process(self, operator: dict[str, str]) -> None:
        port = find_free_port(3)
        with serving(operator | {"TASKFLEET_METRICS_PORT": str(port + 1)}, port, "--workers", "2") as parent:
            wait_until(lambda: ask(port + 1, "/metrics")[0] == ask(port + 2, "/metrics")[0] == 200, "both answer")
            processes = [child.pid for child in descendants(parent.pid)]
            first, second = ([pid for pid in processes if listens(pid, port + number)] for number in (1, 2))

        assert len(first) == len(second) == 1
        assert first != second

    @pytest.mark.parametrize("workers", [1, 2])
    def test_that_is_taken_is_told_in_one_line(self, operator: dict[str, str], workers: int) -> None:
        port = find_free_port(3)
        taken = port + workers
        with socket.create_server((HOST, taken)):
            result = run_taskfleet(
                *("serve", "--port", str(port), "--workers", str(workers)),
                **operator | {"TASKFLEET_METRICS_PORT": str(port + 1)},
            )

        assert result.returncode == 1
        assert result.stderr == (
            f"taskfleet: TASKFLEET_METRICS_PORT: cannot listen on {HOST}:{taken}: address already in use\n"
        )


class TestPortsForSeveralProcesses:
    def test_are_refused_beyond_the_last_port(self) -> None:
        with pytest.raises(ListenError, match=r"^TASKFLEET_METRICS_PORT: there are no 2 ports from 65535 on$"):
            check_metrics_ports(ObservabilitySettings(metrics_port=65_535), 2)


class TestAProcessWithoutAPort:
    async def test_goes_on_when_somebody_took_it_after_the_start(self, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server((HOST, 0)) as stranger:
            settings = ObservabilitySettings(metrics_port=stranger.getsockname()[1])
            async with run_monitoring(settings, Metrics()):
                assert "metrics_port_taken" in capsys.readouterr().out
