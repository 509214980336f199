"""`taskfleet local` as a real process, driven as a person or a script would."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.core.signing_keys import generate_signing_key
from tests import environment
from tests.integration.local_stack.processes import DEADLINE_SECONDS, RunningProcess, descendants, wait_for_end

REPOSITORY = Path(__file__).parents[3]
READY = "Taskfleet is ready at "


def clean_environment(**changes: str) -> dict[str, str]:
    """This environment, from which the settings were removed, with the driver under test."""
    driver = environment.mongo_driver()
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "TASKFLEET_MONGO_DRIVER": driver, **changes}


def settings_of_operator(mongo_url: str, purpose: str, directory: Path) -> dict[str, str]:
    """Settings of somebody who has a MongoDB and a key; each purpose and process has a database of its own."""
    key_file = directory / "key.pem"
    generate_signing_key(key_file)
    return {
        "TASKFLEET_PROFILE": "local",
        "TASKFLEET_MONGO_URL": mongo_url,
        "TASKFLEET_MONGO_DATABASE": f"{purpose}-{os.getpid()}",
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(key_file),
    }


def run_taskfleet(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def _hear_hangups() -> None:
    """Under `nohup` every child ignores hangups, as `taskfleet local` then does on purpose."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class LocalProcess:
    """One run of `taskfleet local` on a free port; whatever is left of it is killed at the end of the block."""

    process: subprocess.Popen[str]
    url: str

    def __init__(self, data_directory: Path, *arguments: str, **settings: str) -> None:
        self.data_directory = data_directory
        self._arguments = arguments
        self._settings = settings

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "app.cli", "local", "--port", "0"]
        self._errors_file = self.data_directory.with_suffix(".stderr")
        with self._errors_file.open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_directory), *self._arguments],
                env=clean_environment(**self._settings),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                preexec_fn=_hear_hangups,  # noqa: PLW1509 - one system call, no lock
            )
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def errors(self) -> str:
        """What was written to stderr so far."""
        return self._errors_file.read_text(encoding="utf-8")

    def wait_until_ready(self) -> str:
        """Return the address in the line that tells it."""
        output = self.process.stdout
        assert output is not None
        assert select.select([output], [], [], DEADLINE_SECONDS)[0], f"said nothing: {self.errors}"
        line = output.readline()
        assert line.startswith(READY), f"{line!r}: {self.errors}"
        self.url = line.removeprefix(READY).rstrip("\n")
        return self.url

    def children(self) -> list[RunningProcess]:
        """The processes under it."""
        return descendants(self.process.pid)

    def child(self, part_of_command: str) -> RunningProcess:
        """Its one child with these words in its command line."""
        found = [child for child in self.children() if part_of_command in child.command]
        assert len(found) == 1, self.children()
        return found[0]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, see that no child outlives the process, and return its exit code."""
        children = [child.pid for child in self.children()]
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE_SECONDS)
        wait_for_end(children, timeout_seconds=0 if number != signal.SIGKILL else DEADLINE_SECONDS)
        return code


class ApiUser:
    """Somebody who is signed in through the development sign-in."""

    def __init__(self, base_url: str, email: str = "ada@example.org") -> None:
        self._base_url = base_url
        self._token = ""
        self._token = self.call("POST", "/auth/dev/login", {"email": email})["access_token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of a successful answer; raise `OSError` for any other end."""
        request = urllib.request.Request(
            f"{self._base_url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            return json.load(answer)

    def create_task(self, title: str) -> str:
        """Return the id of a task whose creation was acknowledged."""
        task_id: str = self.call("POST", "/tasks", {"title": title})["id"]
        return task_id

    def task_ids(self) -> set[str]:
        """The ids of all tasks, page by page."""
        found: set[str] = set()
        cursor = ""
        while True:
            page = self.call("GET", f"/tasks?limit=200{cursor}")
            found |= {task["id"] for task in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"
