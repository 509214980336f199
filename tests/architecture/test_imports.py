"""Which part of the code may know which other part, and which library."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"

# What knows HTTP; `auth/session_answers.py` holds the answer that two of its routers share.
WEB = (
    "main.py",
    "bootstrap.py",
    "modules.py",
    "http_protocol.py",
    "api/*.py",
    "*/*router.py",
    "*/dependencies.py",
    "auth/session_answers.py",
)
# `auth/identities.py` is a repository under the name of what it holds.
STORAGE = ("data/*.py", "*/*repository.py", "auth/identities.py")

# Each library with the files that may import it, as patterns below `app/` (docs/architecture.md).
HOMES: dict[str, tuple[str, ...]] = {
    "fastapi": WEB,
    "starlette": WEB,
    "motor": ("data/database.py",),
    "pymongo": STORAGE,
    "bson": STORAGE,
    "gridfs": (),
    "slowapi": ("api/rate_limit.py",),
    "limits": ("cache/counters.py",),
    "redis": ("cache/*.py", "api/rate_limit.py"),
    "jose": ("core/access_tokens.py",),
    "authlib": ("auth/oidc/*.py",),
    "aiosmtplib": ("notifications/mail/*.py",),
    "httpx": ("core/json_http.py", "notifications/push/sender.py", "notifications/push/transport.py"),
    "httpcore": ("notifications/push/transport.py",),
    "py_vapid": ("notifications/push/vapid.py",),
    "sentry_sdk": ("core/error_reports.py",),
    "opentelemetry": ("core/tracing.py", "api/traced_requests.py"),
    "prometheus_client": (
        *("core/metrics.py", "core/request_metrics.py", "core/outcome_counter.py", "core/event_loop_lag.py"),
    ),
    "icalendar": ("tasks/calendar_document.py", "tasks/portability/windows_timezones.py"),
    "uvicorn": ("serving.py", "graceful_server.py", "http_protocol.py"),
    "typer": ("cli.py",),
}


def imported_libraries(source: str) -> Iterator[str]:
    """Every top-level package that a source text imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def strangers(file: Path, source: str) -> set[str]:
    """The libraries that a file, given relative to `app/`, imports although they have their home elsewhere."""
    return {
        library
        for library in set(imported_libraries(source)) & HOMES.keys()
        if not any(file.match(pattern) and len(file.parts) == pattern.count("/") + 1 for pattern in HOMES[library])
    }


class TestTheImportsOfTheApp:
    def test_keep_the_layers(self) -> None:
        # In a process of its own, because import-linter switches every existing logger off.
        command = "from importlinter.cli import lint_imports_command; lint_imports_command()"

        linting = subprocess.run(
            [sys.executable, "-c", command, "--no-cache", "--no-logo"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert linting.returncode == 0, linting.stdout + linting.stderr

    @pytest.mark.parametrize("file", sorted(APP.rglob("*.py")), ids=lambda file: str(file.relative_to(APP)))
    def test_leave_each_library_to_the_files_that_may_know_it(self, file: Path) -> None:
        assert strangers(file.relative_to(APP), file.read_text(encoding="utf-8")) == set()


class TestTheSearchForStrangers:
    @pytest.mark.parametrize(
        ("file", "source", "found"),
        [
            ("tasks/task_service.py", "from fastapi import Request", {"fastapi"}),
            ("tasks/task_service.py", "def late():\n    import pymongo.errors", {"pymongo"}),
            ("tasks/task_repository.py", "import motor.motor_asyncio", {"motor"}),
            ("tasks/deeper/router.py", "import starlette", {"starlette"}),
            ("router.py", "import starlette", {"starlette"}),
            ("tasks/task_router.py", "import fastapi, redis", {"redis"}),
            ("tasks/task_repository.py", "from pymongo import UpdateOne", set()),
            ("tasks/task_service.py", "from .fastapi import nothing", set()),
        ],
    )
    def test_finds_them_wherever_they_are(self, file: str, source: str, found: set[str]) -> None:
        assert strangers(Path(file), source) == found
