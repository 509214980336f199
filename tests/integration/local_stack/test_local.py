"""`taskfleet local` from outside: one command up, one signal down, nothing lost and nothing left."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.embedded.binaries import MONGOD, find_server
from app.embedded.mongo import EmbeddedMongo
from tests.factories.web_dist import INDEX
from tests.integration.local_stack.local_process import ApiUser, LocalProcess, run_taskfleet
from tests.integration.local_stack.processes import wait_for_end, wait_until


@pytest.fixture
def data_directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A first start that several tests look at."""
    with LocalProcess(tmp_path_factory.mktemp("first") / "data") as process:
        process.wait_until_ready()
        yield process
        process.stop()


class TestAFirstStart:
    def test_answers_at_the_address_that_it_prints(self, installation: LocalProcess) -> None:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", installation.url)
        with urllib.request.urlopen(f"{installation.url}/readyz", timeout=10) as answer:
            assert answer.status == 200

    def test_does_not_tell_what_serves(self, installation: LocalProcess) -> None:
        with urllib.request.urlopen(f"{installation.url}/livez", timeout=10) as answer:
            assert "server" not in answer.headers
            assert "date" in answer.headers

    def test_runs_the_database_the_cache_and_the_api_as_children(self, installation: LocalProcess) -> None:
        for program in ("mongod", "valkey-server", "app.serving"):
            assert os.getsid(installation.child(program).pid) != os.getsid(installation.process.pid)

    @pytest.mark.parametrize("name", ["signing-key.pem", "vapid-key.pem"])
    def test_makes_keys_that_their_owner_alone_can_read(self, name: str, installation: LocalProcess) -> None:
        key = installation.data_directory / name
        assert stat.S_IMODE(key.stat().st_mode) == 0o600

    def test_gives_browsers_the_key_for_pushes(self, installation: LocalProcess) -> None:
        with urllib.request.urlopen(f"{installation.url}/api/v1/push/public-key", timeout=10) as answer:
            assert len(json.load(answer)["public_key"]) == 87

    def test_makes_directories_that_their_owner_alone_can_enter(self, installation: LocalProcess) -> None:
        data = installation.data_directory
        directories = [data, data / "mongo", data / "cache"]
        assert {stat.S_IMODE(directory.stat().st_mode) for directory in directories} == {0o700}

    def test_lets_a_developer_sign_in(self, installation: LocalProcess) -> None:
        assert ApiUser(installation.url).call("GET", "/me")["email"] == "ada@example.org"

    def test_refuses_a_second_start_on_its_data(self, installation: LocalProcess) -> None:
        data = installation.data_directory
        result = run_taskfleet("local", "--port", "0", "--data-dir", str(data))
        assert (result.returncode, result.stdout) == (1, "")
        pid = installation.process.pid
        assert result.stderr == (
            f"taskfleet: Taskfleet is already running on the data directory {data} (process {pid})\n"
        )

    def test_refuses_a_second_start_on_its_port_and_leaves_nothing(
        self, installation: LocalProcess, tmp_path: Path
    ) -> None:
        port = installation.url.rpartition(":")[2]
        result = run_taskfleet("local", "--port", port, "--data-dir", str(tmp_path / "other"))
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == f"taskfleet: cannot listen on 127.0.0.1:{port}: address already in use\n"
        assert not (tmp_path / "other" / "mongo").exists()


class TestAnOrderlyEnd:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_leaves_no_process_and_no_complaint(self, data_directory: Path, number: signal.Signals) -> None:
        with LocalProcess(data_directory) as installation:
            installation.wait_until_ready()
            assert len(installation.children()) == 3
            assert installation.stop(number) == 0
            assert "Traceback" not in installation.errors
        assert '"exitCode":0' in (data_directory / "mongo" / "mongod.log").read_text(encoding="utf-8")

    def test_comes_also_before_it_is_ready(self, data_directory: Path) -> None:
        with LocalProcess(data_directory) as installation:
            wait_until((data_directory / "mongo" / "mongod.log").exists, "mongod was started")
            assert installation.stop() == 0
            assert "Traceback" not in installation.errors

    def test_keeps_the_data_for_the_next_start(self, data_directory: Path) -> None:
        with LocalProcess(data_directory) as installation:
            first = ApiUser(installation.wait_until_ready()).create_task("Water the plants")
            installation.stop()
        with LocalProcess(data_directory) as installation:
            assert ApiUser(installation.wait_until_ready()).task_ids() == {first}
            installation.stop()


class TestADeadChild:
    @pytest.mark.parametrize(
        ("program", "message"),
        [
            (
                "mongod",
                r"mongod \(process {pid}\) died \(killed by signal 9\), .*; its log is {data}/mongo/mongod\.log",
            ),
            (
                "valkey-server",
                r"cache \(process {pid}\) died \(killed by signal 9\), .*; its log is {data}/cache/cache\.log",
            ),
            ("app.serving", r"the API \(process {pid}\) died \(killed by signal 9\), .*; its log is above"),
        ],
    )
    def test_ends_everything_and_tells_which_one_died(self, data_directory: Path, program: str, message: str) -> None:
        with LocalProcess(data_directory) as installation:
            installation.wait_until_ready()
            children = [child.pid for child in installation.children()]
            victim = installation.child(program).pid
            os.kill(victim, signal.SIGKILL)
            assert installation.process.wait(60) == 1
            wait_for_end(children, timeout_seconds=0)
            pattern = message.format(pid=victim, data=re.escape(str(data_directory)))
            assert re.search(rf"^taskfleet: {pattern}$", installation.errors, re.MULTILINE), installation.errors
            assert "Traceback" not in installation.errors


class TestACrashOfEverything:
    ACKNOWLEDGED_BEFORE_THE_CRASH = 60

    def test_loses_no_acknowledged_task(self, data_directory: Path) -> None:
        acknowledged: list[str] = []
        is_enough = threading.Event()

        def create_until_the_end(user: ApiUser) -> None:
            while True:
                try:
                    acknowledged.append(user.create_task(f"Task {len(acknowledged)}"))
                except OSError:
                    return
                if len(acknowledged) >= self.ACKNOWLEDGED_BEFORE_THE_CRASH:
                    is_enough.set()

        with LocalProcess(data_directory) as installation:
            user = ApiUser(installation.wait_until_ready())
            with ThreadPoolExecutor(4) as pool:
                for _ in range(4):
                    pool.submit(create_until_the_end, user)
                assert is_enough.wait(60)
                installation.stop(signal.SIGKILL)
        assert len(acknowledged) >= self.ACKNOWLEDGED_BEFORE_THE_CRASH

        with LocalProcess(data_directory) as installation:
            found = ApiUser(installation.wait_until_ready()).task_ids()
            assert set(acknowledged) <= found
            installation.stop()


class TestSeveralWorkers:
    def test_answer_at_one_address_and_end_together(self, data_directory: Path) -> None:
        with LocalProcess(data_directory, "--workers", "2") as installation:
            url = installation.wait_until_ready()
            workers = [child for child in installation.children() if "app.serving" in child.command]
            assert len(workers) == 2
            ApiUser(url)
            assert installation.stop() == 0


class TestTheBrowserApp:
    def test_is_served_beside_the_api(self, data_directory: Path, web_dist: Path) -> None:
        with LocalProcess(data_directory, TASKFLEET_WEB_DIST=str(web_dist)) as installation:
            url = installation.wait_until_ready()
            for path in ("/", "/today"):
                page = urllib.request.Request(f"{url}{path}", headers={"Accept": "text/html"})
                with urllib.request.urlopen(page, timeout=10) as answer:
                    assert answer.read().decode() == INDEX
            assert ApiUser(url).call("GET", "/me")["email"] == "ada@example.org"
            assert installation.stop() == 0


class TestServersOfOnesOwn:
    async def test_are_used_and_not_started(self, tmp_path: Path) -> None:
        async with EmbeddedMongo(find_server(MONGOD, None), tmp_path / "mine") as mongo:
            await asyncio.to_thread(self.start_on, mongo.url, tmp_path / "data")

    def start_on(self, mongo_url: str, data_directory: Path) -> None:
        with LocalProcess(data_directory, TASKFLEET_MONGO_URL=mongo_url, TASKFLEET_REDIS_URL="") as installation:
            ApiUser(installation.wait_until_ready())
            assert ["app.serving" in child.command for child in installation.children()] == [True]
            assert installation.stop() == 0

    def test_are_missed_in_one_line(self, data_directory: Path) -> None:
        result = run_taskfleet(
            *("local", "--port", "0", "--data-dir", str(data_directory)),
            TASKFLEET_MONGO_URL="mongodb://127.0.0.1:9/",
            TASKFLEET_REDIS_URL="",
        )
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.splitlines()[-1] == (
            "taskfleet: MongoDB does not answer; TASKFLEET_MONGO_URL says where it is looked for"
        )
        assert "Traceback" not in result.stderr


class TestAStartThatCannotSucceed:
    @pytest.mark.parametrize(
        ("variable", "value", "complaint"),
        [
            ("TASKFLEET_MONGOD_BINARY", "/nowhere/mongod", "TASKFLEET_MONGOD_BINARY names /nowhere/mongod"),
            ("TASKFLEET_LOG_FORMAT", "xml", "TASKFLEET_LOG_FORMAT"),
            ("TASKFLEET_WEB_DIST", "/nowhere/dist", "TASKFLEET_WEB_DIST: /nowhere/dist is no directory"),
            ("TASKFLEET_JWT_PRIVATE_KEY_FILE", "/nowhere/key", "/nowhere/key cannot be read"),
            ("TASKFLEET_MONGOD", "x", "unknown setting TASKFLEET_MONGOD"),
        ],
    )
    def test_because_of_a_setting_is_one_line_and_exit_code_2(
        self, data_directory: Path, variable: str, value: str, complaint: str
    ) -> None:
        result = run_taskfleet("local", "--port", "0", "--data-dir", str(data_directory), **{variable: value})
        assert (result.returncode, result.stdout) == (2, "")
        assert complaint in result.stderr
        assert len(result.stderr.splitlines()) == 1

    def test_because_of_the_address_is_one_line_and_exit_code_1(self, data_directory: Path) -> None:
        result = run_taskfleet("local", "--host", "192.0.2.1", "--data-dir", str(data_directory))
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == ("taskfleet: cannot listen on 192.0.2.1:8000: cannot assign requested address\n")

    def test_because_of_a_foreign_listener_is_told_before_anything_starts(self, data_directory: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as foreign:
            port = str(foreign.getsockname()[1])
            result = run_taskfleet("local", "--port", port, "--data-dir", str(data_directory))
        assert result.returncode == 1
        assert not (data_directory / "mongo").exists()
