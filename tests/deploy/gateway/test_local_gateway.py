"""`taskfleet gateway` (`make gateway`): the whole stack behind the real Nginx, with one command."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.embedded.server import LOOPBACK
from tests.deploy.gateway.stage import gateway_nginx
from tests.deploy.programs import require_program
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import DEADLINE_SECONDS, descendants, wait_for_end, wait_until

READY = "Taskfleet is ready at "


class RunningGateway:
    """The command, until it is stopped."""

    def __init__(self, directory: Path, web_dist: Path) -> None:
        self.directory = directory / "data"
        self.errors = directory / "errors"
        with self.errors.open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "gateway", "--port", "0", "--data-dir", str(self.directory)],
                env=clean_environment(TASKFLEET_WEB_DIST=str(web_dist)),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        output = self.process.stdout
        assert output is not None
        line = output.readline()
        assert line.startswith(f"{READY}https://127.0.0.1:"), self.errors.read_text(encoding="utf-8")
        self.url = line.removeprefix(READY).rstrip("\n")
        self.trust = ssl.create_default_context(cafile=str(self.directory / "certificate.pem"))

    def ask(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return the JSON of an answer."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS, context=self.trust) as answer:
            return json.load(answer)

    def api_processes(self) -> list[int]:
        """The ids of the processes that serve the API."""
        return [child.pid for child in descendants(self.process.pid) if "app.serving" in child.command]

    def kill(self) -> None:
        """End what is left."""
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


def run_gateway(*arguments: str, program: Sequence[str] = ("-m", "app.cli")) -> subprocess.CompletedProcess[str]:
    """`taskfleet gateway` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, *program, "gateway", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, web_dist: Path) -> Iterator[RunningGateway]:
    require_program("nginx", "nginx-light")
    gateway = RunningGateway(tmp_path_factory.mktemp("gateway"), web_dist)
    yield gateway
    gateway.kill()


class TestTheStackBehindNginx:
    """The tests stand in the order in which one would try it."""

    def test_signs_in_and_keeps_tasks(self, running: RunningGateway) -> None:
        token = running.ask("/api/v1/auth/dev/login", {"email": "ada@example.org"})["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        running.ask("/api/v1/tasks", {"title": "Behind Nginx"}, **bearer)
        assert [task["title"] for task in running.ask("/api/v1/tasks", **bearer)["items"]] == ["Behind Nginx"]

    def test_gives_browsers_cookies_for_https_alone(self, running: RunningGateway) -> None:
        headers = {"Content-Type": "application/json", "Origin": running.url, "Sec-Fetch-Site": "same-origin"}
        request = urllib.request.Request(
            f"{running.url}/api/v1/auth/dev/login", b'{"email":"b@example.org"}', headers
        )
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS, context=running.trust) as answer:
            cookies = answer.headers.get_all("Set-Cookie")
        assert all(cookie.startswith("__Host-") and "Secure" in cookie for cookie in cookies)

    def test_serves_the_app(self, running: RunningGateway) -> None:
        request = urllib.request.Request(f"{running.url}/today", headers={"Accept": "text/html"})
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS, context=running.trust) as answer:
            assert answer.read().startswith(b"<!doctype html>")

    def test_goes_on_when_a_process_is_killed_and_starts_it_again(self, running: RunningGateway) -> None:
        before = running.api_processes()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        for _ in range(20):
            running.ask("/api/v1/auth/providers")
        wait_until(lambda: len(set(running.api_processes()) - {before[0]}) == 2, "another one is started")
        assert "starting it again" in running.errors.read_text(encoding="utf-8")

    def test_refuses_a_second_start_on_the_same_data(self, running: RunningGateway) -> None:
        result = run_gateway("--port", "0", "--data-dir", str(running.directory))
        assert result.returncode == 1
        assert "already running" in result.stderr

    def test_ends_on_ctrl_c_with_all_that_it_started(self, running: RunningGateway) -> None:
        children = [child.pid for child in descendants(running.process.pid)]
        assert len(children) >= 6  # mongod, the cache server, two processes of the API, Nginx and its workers
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(DEADLINE_SECONDS) == 0
        wait_for_end(children, timeout_seconds=5)


class TestAnNginx:
    async def test_that_is_killed_leaves_no_worker_behind(self, tmp_path: Path) -> None:
        settings = {"GATEWAY_UPSTREAMS": "127.0.0.1:1", "GATEWAY_WORKER_PROCESSES": "1"}
        nginx = gateway_nginx(tmp_path, None, settings)
        async with nginx:
            wait_until(lambda: len(descendants(nginx.child.pid)) == 1, "the worker is there")
            workers = [child.pid for child in descendants(nginx.child.pid)]
            await nginx.child.kill()
        wait_for_end(workers, timeout_seconds=5)
        with socket.create_server((LOOPBACK, nginx.port)):
            pass

    async def test_is_where_the_command_says_whatever_else_is_set(self, tmp_path: Path) -> None:
        elsewhere = {"GATEWAY_HTTP_PORT": "1", "GATEWAY_ADDRESS": "192.0.2.1", "GATEWAY_RUN_DIRECTORY": "/nowhere"}
        nginx = gateway_nginx(tmp_path, None, {"GATEWAY_UPSTREAMS": "127.0.0.1:1"} | elsewhere)
        async with nginx:
            assert f"listen {LOOPBACK}:{nginx.port};" in (nginx.configuration / "nginx.conf").read_text()


class TestAMachineWithoutNginx:
    def test_is_told_how_to_get_it(self, tmp_path: Path) -> None:
        # Where Debian keeps it, it is found whatever the PATH is.
        without = "import shutil; shutil.which = lambda *_, **__: None; from app.cli import main; main()"
        result = run_gateway("--data-dir", str(tmp_path / "data"), program=("-c", without))
        assert result.returncode == 1
        assert result.stderr.startswith(
            "taskfleet: nginx was not found; on Debian and Ubuntu: apt-get install nginx-light"
        )
        assert not (tmp_path / "data").exists()


class TestAPortThatIsTaken:
    def test_is_told_in_one_line(self, tmp_path: Path, web_dist: Path) -> None:
        require_program("nginx", "nginx-light")
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            port = str(stranger.getsockname()[1])
            result = run_gateway("--port", port, "--data-dir", str(tmp_path / "data"))
        assert result.returncode == 1
        assert result.stderr.endswith(f"taskfleet: cannot listen on 127.0.0.1:{port}: address already in use\n")
