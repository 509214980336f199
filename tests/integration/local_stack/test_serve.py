"""`taskfleet serve` and `taskfleet migrate` on servers that somebody else runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
from pymongo import MongoClient
from structlog.testing import capture_logs

from app.core.settings import RuntimeSettings
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK
from app.serving import UNCONFIRMED_MILLISECONDS, ListenError, format_host, open_listener, warn_of_open_sign_in
from tests.integration.local_stack.local_process import clean_environment, run_taskfleet, settings_of_operator
from tests.integration.local_stack.processes import descendants, wait_for_end, wait_until
from tests.ports import find_free_port


@pytest.fixture
def settings(mongo: EmbeddedMongo, tmp_path: Path) -> dict[str, str]:
    """Settings of an operator who has a MongoDB and a key."""
    return settings_of_operator(mongo.url, "served", tmp_path)


@contextmanager
def serving(settings: dict[str, str], *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`taskfleet serve` from its start to the end of the block, with its address."""
    port = find_free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *arguments]
    with subprocess.Popen(command, env=clean_environment(**settings), stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://{LOOPBACK}:{port}"
            wait_until(lambda: is_alive(url), "the API answers")
            yield process, url
        finally:
            process.kill()


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that serve, for one with `--workers`."""
    return [child.pid for child in descendants(process.pid) if "-m app.serving" in child.command]


def is_alive(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/livez", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class TestServing:
    def test_answers_and_ends_on_sigterm(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, url):
            assert is_alive(url)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0

    def test_ends_without_complaint_on_ctrl_c(self, settings: dict[str, str]) -> None:
        with serving(settings) as (process, _):
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0

    def test_takes_several_processes(self, settings: dict[str, str]) -> None:
        with serving(settings, "--workers", "2") as (process, _):
            workers = workers_of(process)
            assert len(workers) == 2
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            wait_for_end(workers)

    def test_takes_no_more_than_one_for_what_is_said_of_all_machines(self, settings: dict[str, str]) -> None:
        with serving(settings | {"TASKFLEET_WORKERS": "2"}) as (process, _):
            assert workers_of(process) == []

    def test_refuses_a_key_that_is_not_there_in_one_line(self, settings: dict[str, str]) -> None:
        result = run_taskfleet("serve", **settings | {"TASKFLEET_JWT_PRIVATE_KEY_FILE": "/nowhere/key"})
        assert result.returncode == 2
        assert result.stderr == (
            "taskfleet: the signing key /nowhere/key cannot be read: No such file or directory\n"
        )

    def test_refuses_to_be_a_module_without_keys_or_their_address_in_one_line(self, settings: dict[str, str]) -> None:
        result = run_taskfleet("serve", **settings | {"TASKFLEET_ENABLED_MODULES": "tasks"})
        assert result.returncode == 2
        assert result.stderr == (
            "taskfleet: TASKFLEET_JWKS_URL is missing; without the auth module it tells where the keys are\n"
        )


class TestMigrating:
    def test_tells_what_it_did_and_does_it_once(self, settings: dict[str, str]) -> None:
        first = run_taskfleet("migrate", **settings | {"TASKFLEET_MONGO_DATABASE": f"migrated-{os.getpid()}"})
        again = run_taskfleet("migrate", **settings | {"TASKFLEET_MONGO_DATABASE": f"migrated-{os.getpid()}"})
        assert (first.returncode, again.returncode) == (0, 0)
        assert not first.stdout.startswith("0 collections")
        assert again.stdout == "0 collections and 0 indexes created, 0 migrations applied\n"

    def test_tells_in_a_line_that_it_could_not_do_everything(
        self, settings: dict[str, str], mongo: EmbeddedMongo
    ) -> None:
        name, user_id = f"unplanned-{os.getpid()}", uuid4()
        reminders = [{"at": datetime.now(UTC) + timedelta(days=1)}]
        task = {"user_id": user_id, "deleted": False, "status": "todo", "reminders": reminders}  # and no title
        with MongoClient[dict[str, Any]](mongo.url, uuidRepresentation="standard") as client:
            client[name]["users"].insert_one({"_id": user_id, "revision": 0, "task_count": 1, "revision_marks": []})
            client[name]["tasks"].insert_one(task)

        result = run_taskfleet("migrate", **settings | {"TASKFLEET_MONGO_DATABASE": name})

        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.splitlines()[-1] == (
            "taskfleet: the reminders of 1 users could not be planned (reminders_not_planned in the log); "
            "another run goes on from here"
        )


class TestAnAddressThatOthersReach:
    @pytest.mark.parametrize(
        ("host", "profile", "is_told"),
        [
            ("0.0.0.0", "local", True),  # noqa: S104 - open on purpose, for a moment
            ("::", "local", True),
            ("127.0.0.1", "local", False),
            ("localhost", "local", False),
            ("0.0.0.0", "production", False),  # noqa: S104
        ],
    )
    def test_is_told_of_where_anybody_signs_in_as_anybody(
        self, host: str, profile: Literal["local", "production"], is_told: bool
    ) -> None:
        with open_listener(host, 0) as listener, capture_logs() as logs:
            warn_of_open_sign_in(listener, RuntimeSettings(profile=profile))
        assert [line["event"] for line in logs] == (["sign_in_is_open"] if is_told else [])

    def test_is_told_of_at_the_start(self, settings: dict[str, str]) -> None:
        port = find_free_port()
        command = [sys.executable, "-m", "app.cli", "serve", "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104
        environment = clean_environment(**settings)
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: is_alive(f"http://{LOOPBACK}:{port}"), "the API answers")
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        warnings = [line for line in map(json.loads, errors.splitlines()) if line["level"] == "warning"]
        assert [(line["event"], line["address"]) for line in warnings] == [("sign_in_is_open", f"0.0.0.0:{port}")]


class TestTheListener:
    def test_takes_a_free_port_for_0(self) -> None:
        with open_listener(LOOPBACK, 0) as listener:
            assert listener.getsockname()[1] > 0

    def test_has_the_system_give_up_clients_that_vanished(self) -> None:
        with open_listener(LOOPBACK, 0) as listener, socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                timeout = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert timeout == UNCONFIRMED_MILLISECONDS

    def test_refuses_a_port_that_is_taken(self) -> None:
        with open_listener(LOOPBACK, 0) as listener:
            port = listener.getsockname()[1]
            with pytest.raises(ListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: address already in use$"):
                open_listener(LOOPBACK, port)

    @pytest.mark.parametrize("host", ["no such host", "x" * 300, ""])
    def test_refuses_what_is_no_address(self, host: str) -> None:
        with pytest.raises(ListenError, match="is not an address of this machine"):
            open_listener(host, 0)

    def test_shows_ipv6_in_brackets(self) -> None:
        assert (format_host("::1"), format_host("127.0.0.1")) == ("[::1]", "127.0.0.1")
