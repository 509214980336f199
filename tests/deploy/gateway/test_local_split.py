"""`taskfleet gateway --split` (`make split`): three services behind the real Nginx, by one command."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.core.module_environments import ENABLED_MODULES, KEY_SET_URL, PRIVATE_KEYS
from app.core.settings import MODULES
from app.core.signing_keys import generate_signing_key
from tests.architecture.test_modules import UNDESCRIBED, routes
from tests.deploy.gateway.running_gateway import RunningGateway
from tests.integration.local_stack.processes import DEADLINE_SECONDS, wait_for_end, wait_until

MAIL = {"TASKFLEET_SMTP_URL": "smtp://user:of-mail@127.0.0.1:9", "TASKFLEET_MAIL_FROM": "tasks@example.org"}
SIGN_IN = {
    "TASKFLEET_GOOGLE_CLIENT_ID": "taskfleet",
    "TASKFLEET_GOOGLE_CLIENT_SECRET": "of-sign-in",
    "TASKFLEET_ADMIN_EMAILS": "ada@example.org",
}
# As a file of settings has it, which no process may read for itself.
OF_TASKS = {"TASKFLEET_TASK_QUOTA": "1000"}
VAPID = "TASKFLEET_VAPID_PRIVATE_KEY_FILE"
NOTICES, TASKS = "/api/v1/notifications", "/api/v1/tasks"


def environment_of(process: int) -> dict[str, str]:
    """The settings of a running process."""
    variables = Path(f"/proc/{process}/environ").read_bytes().decode().rstrip("\0").split("\0")
    pairs = (variable.partition("=") for variable in variables)
    return {name: value for name, _, value in pairs if name.startswith("TASKFLEET_")}


def addresses(running: RunningGateway) -> dict[str, str]:
    """Where each service listens, as Nginx knows it."""
    text = (running.directory / "nginx" / "configuration" / "upstreams.conf").read_text(encoding="utf-8")
    groups = re.findall(r"^upstream (\w+) \{.*?server (\S+) ", text, re.MULTILINE | re.DOTALL)
    return {group: f"http://{address}" for group, address in groups if group in MODULES}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, web_dist: Path) -> Iterator[RunningGateway]:
    directory = tmp_path_factory.mktemp("split")
    generate_signing_key(directory / "vapid.pem")  # a key of the same kind
    file = directory / "settings"
    file.write_text("".join(f"{name}={value}\n" for name, value in OF_TASKS.items()), encoding="utf-8")
    settings = {
        **(MAIL | SIGN_IN),
        VAPID: str(directory / "vapid.pem"),
        "TASKFLEET_WEB_DIST": str(web_dist),
        "TASKFLEET_ENV_FILE": str(file),
        "TASKFLEET_ENABLED_MODULES": "tasks",  # of somebody who runs one elsewhere
        "TASKFLEET_JWKS_URL": "http://127.0.0.1:9/elsewhere",
    }
    with RunningGateway(directory, "--split", **settings) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def environments(running: RunningGateway) -> dict[str, dict[str, str]]:
    """The settings of each service's process, by its module."""
    found = [environment_of(process) for process in running.api_processes()]
    return {environment[ENABLED_MODULES]: environment for environment in found}


class TestTheProcesses:
    def test_are_one_for_each_module(self, running: RunningGateway, environments: dict[str, dict[str, str]]) -> None:
        assert environments.keys() == set(MODULES)
        assert len(running.api_processes()) == len(MODULES)

    def test_have_no_private_key_but_that_of_auth(
        self, running: RunningGateway, environments: dict[str, dict[str, str]]
    ) -> None:
        assert environments["auth"]["TASKFLEET_JWT_PRIVATE_KEY_FILE"] == str(running.directory / "signing-key.pem")
        for module in ("tasks", "notifications"):
            assert environments[module].keys() & PRIVATE_KEYS == set()
            assert environments[module][KEY_SET_URL] == f"{addresses(running)['auth']}/.well-known/jwks.json"
        assert KEY_SET_URL not in environments["auth"]

    @pytest.mark.parametrize(
        ("owner", "variables"),
        [("auth", {*SIGN_IN}), ("notifications", {*MAIL, VAPID}), ("tasks", {*OF_TASKS})],
    )
    def test_have_no_secrets_and_settings_of_others(
        self, environments: dict[str, dict[str, str]], owner: str, variables: set[str]
    ) -> None:
        given = {module: environment.keys() & variables for module, environment in environments.items()}

        assert given == {module: variables if module == owner else set() for module in MODULES}

    def test_have_the_servers_in_common(self, environments: dict[str, dict[str, str]]) -> None:
        for variable in ("TASKFLEET_MONGO_URL", "TASKFLEET_REDIS_URL", "TASKFLEET_PUBLIC_URL"):
            assert len({environment[variable] for environment in environments.values()}) == 1
        assert not any("TASKFLEET_ENV_FILE" in environment for environment in environments.values())

    @pytest.mark.parametrize("module", MODULES)
    def test_have_the_routes_of_their_module_alone(self, running: RunningGateway, module: str) -> None:
        document = httpx.get(f"{addresses(running)[module]}/openapi.json", timeout=DEADLINE_SECONDS).json()

        described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
        assert described == set(routes(frozenset({module}))) - UNDESCRIBED

    @pytest.mark.parametrize(
        ("module", "path"), [("auth", "/api/v1/me"), ("tasks", TASKS), ("notifications", NOTICES)]
    )
    def test_know_their_own_paths_and_not_those_of_others(
        self, running: RunningGateway, module: str, path: str
    ) -> None:
        statuses = {
            each: httpx.get(address + path, timeout=DEADLINE_SECONDS).status_code
            for each, address in addresses(running).items()
        }

        assert statuses == dict.fromkeys(MODULES, 404) | {module: 401}


class TestTheStackOfThree:
    """The tests stand in the order in which one would try it."""

    def test_signs_in_at_one_and_is_known_at_all(self, running: RunningGateway) -> None:
        bearer = running.sign_in("ada@example.org")
        running.ask(TASKS, {"title": "Behind Nginx"}, **bearer)

        assert [task["title"] for task in running.ask(TASKS, **bearer)["items"]] == ["Behind Nginx"]
        assert running.ask("/api/v1/me", **bearer)["role"] == "admin"
        assert "unread_count" in running.ask(NOTICES, **bearer)

    def test_starts_a_service_again_that_was_killed(self, running: RunningGateway) -> None:
        before = running.api_processes()
        [notifications] = [pid for pid in before if environment_of(pid)[ENABLED_MODULES] == "notifications"]
        bearer = running.sign_in("ada@example.org")
        os.kill(notifications, signal.SIGKILL)

        assert running.ask(TASKS, **bearer)["items"]  # the others go on
        wait_until(lambda: len(set(running.api_processes()) - {notifications}) == len(MODULES), "it is started")
        assert "The service notifications on port" in running.errors

        def answers() -> bool:
            try:
                return "unread_count" in running.ask(NOTICES, **bearer)
            except OSError:
                return False

        wait_until(answers, "notifications answer again")

    def test_ends_on_ctrl_c_with_all_that_it_started(self, running: RunningGateway) -> None:
        children = [child.pid for child in running.children()]
        assert len(children) >= 7  # mongod, the cache server, three services, Nginx and its workers
        assert running.stop(signal.SIGINT) == 0
        wait_for_end(children, timeout_seconds=5)
