"""`taskfleet gateway` (`make gateway`): the whole stack behind the real Nginx, with one command."""

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.server import LOOPBACK
from tests.deploy.gateway.running_gateway import RunningGateway, run_gateway
from tests.deploy.gateway.stage import gateway_nginx
from tests.deploy.programs import require_program
from tests.integration.local_stack.processes import DEADLINE_SECONDS, descendants, wait_for_end, wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, web_dist: Path) -> Iterator[RunningGateway]:
    with RunningGateway(tmp_path_factory.mktemp("gateway"), TASKFLEET_WEB_DIST=str(web_dist)) as gateway:
        yield gateway


class TestTheStackBehindNginx:
    """The tests stand in the order in which one would try it."""

    def test_signs_in_and_keeps_tasks(self, running: RunningGateway) -> None:
        bearer = running.sign_in("ada@example.org")
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
        assert "starting it again" in running.errors

    def test_refuses_a_second_start_on_the_same_data(self, running: RunningGateway) -> None:
        result = run_gateway("--port", "0", "--data-dir", str(running.directory))
        assert result.returncode == 1
        assert "already running" in result.stderr

    def test_ends_on_ctrl_c_with_all_that_it_started(self, running: RunningGateway) -> None:
        children = [child.pid for child in running.children()]
        assert len(children) >= 6  # mongod, the cache server, two processes of the API, Nginx and its workers
        assert running.stop(signal.SIGINT) == 0
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
