"""Measures export and import of a large account on a real server: `python -m bench.portability [tasks]`.

Starts `taskfleet local` in a directory of its own, imports so many tasks (100,000 by default), exports them, and
prints times, the memory (resident set) of the process that serves, and how long another request waited meanwhile.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

_TASKS = 100_000
_POLL_SECONDS = 0.05


class Server:
    """The service under measurement."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "app.cli", "local", "--port", "0", "--data-dir", str(directory / "data")]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        line = next(line for line in self.process.stdout if "Taskfleet is ready at" in line)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.url = line.split()[-1] + "/api/v1"
        self.headers: dict[str, str] = {}
        signed_in = json.loads(self.ask("/auth/dev/login", json.dumps({"email": "bench@example.org"}).encode()))
        self.headers = {"Authorization": f"Bearer {signed_in['access_token']}"}

    def open(self, path: str, body: bytes | None = None) -> Any:
        """Send a request and return the answer that can be read."""
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)  # noqa: S310 - our own server
        return urllib.request.urlopen(request)  # noqa: S310

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """Send a request and return the body of the answer."""
        with self.open(path, body) as answer:
            content: bytes = answer.read()
        return content

    def memory_mebibytes(self) -> float:
        """Return the resident set of the process that serves requests."""
        served = [pid for pid in _descendants(self.process.pid) if "app.serving" in _command(pid)]
        status = Path(f"/proc/{served[0] if served else self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


def _descendants(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        yield int(child)
        yield from _descendants(int(child))


class Watch:
    """Looks at the memory and at the latency of a small request until it is stopped."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.memory: list[float] = []
        self.waits: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        root = self._server.url.removesuffix("/api/v1")
        while not self._is_over.wait(_POLL_SECONDS):
            self.memory.append(self._server.memory_mebibytes())
            began = time.perf_counter()
            with urllib.request.urlopen(f"{root}/livez") as answer:  # noqa: S310
                answer.read()
            self.waits.append(time.perf_counter() - began)

    def describe(self) -> str:
        """Return what was seen."""
        waits = sorted(self.waits)
        median, longest = waits[len(waits) // 2] * 1000, waits[-1] * 1000
        waited = f"another request waited {median:.0f} ms in the median, {longest:.0f} ms at most"
        return f"memory at most {max(self.memory):.0f} MiB; {waited}"


def make_document(count: int) -> bytes:
    """Return a document of version 1 with so many tasks in ten lists, a fifth of them subtasks."""
    lists = [{"id": f"l{number}", "name": f"List {number}"} for number in range(10)]
    tasks = [
        {
            "id": f"t{number}",
            "title": f"Task number {number} with some words in its title",
            "notes": "Notes of a length that people write, " * 5 if number % 3 == 0 else "",
            "labels": ["home", "shop"] if number % 4 == 0 else [],
            "due": {"date": "2026-12-01"} if number % 2 == 0 else None,
            "list_id": f"l{number % 10}" if number % 5 else None,
            "parent_id": f"t{number - 1}" if number % 5 == 1 else None,
        }
        for number in range(count)
    ]
    return json.dumps({"format": "taskfleet", "version": 1, "lists": lists, "tasks": tasks}).encode()


def measure(server: Server, count: int) -> None:
    """Import, then export, and print what it took."""
    content = make_document(count)
    print(f"{count} tasks, {len(content) / 1e6:.0f} MB; memory at rest {server.memory_mebibytes():.0f} MiB")
    with Watch(server) as watch:
        began = time.perf_counter()
        report = json.loads(server.ask("/me/import", content))
        while report["state"] == "running":
            time.sleep(1)
            report = json.loads(server.ask(f"/me/imports/{report['id']}"))
        seconds = time.perf_counter() - began
    print(f"import: {report['state']}, {report['tasks']} in {seconds:.1f} s; {watch.describe()}")
    for name in ("taskfleet", "csv"):
        with Watch(server) as watch:
            began = time.perf_counter()
            with server.open(f"/me/export?format={name}") as answer:
                size = len(answer.read(1))
                first_byte_seconds = time.perf_counter() - began
                while piece := answer.read(65_536):
                    size += len(piece)
            seconds = time.perf_counter() - began
        print(
            f"export as {name}: {size / 1e6:.0f} MB in {seconds:.1f} s, first byte after "
            f"{first_byte_seconds * 1000:.0f} ms; {watch.describe()}"
        )


def main() -> None:
    """Measure on a server of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _TASKS
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        try:
            measure(server, count)
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    main()
