"""The tour in README.md as a program: its commands and what the page says that they print."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[3] / "README.md"
HEADING = "## A two-minute tour\n"
ADDRESS = "http://127.0.0.1:8000"
# The command as a fresh clone has it.
TASKFLEET = ".venv/bin/taskfleet"

# A person reads and pastes for two minutes; the commands themselves take a few seconds.
TIMEOUT_SECONDS = 60.0

_END_OF_STEP = "=== end of step ==="
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WHAT_DIFFERS = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r'((?:created|updated|counted|seen)_at": ")[0-9T:.-]+Z'), r"\1<instant>"),
)


@dataclass(frozen=True)
class Step:
    """Commands that are pasted together, and what they print."""

    commands: str
    output: str


def read_steps(page: str) -> Iterator[Step]:
    """Yield the steps of the tour in a page: each block of commands with the block of output that follows it."""
    yield from read_blocks(page.partition(HEADING)[2].partition("\n## ")[0])


def read_blocks(page: str) -> Iterator[Step]:
    """Yield all steps of a page, or of a part of one."""
    blocks = _BLOCK.findall(page)
    for (kind, text), (next_kind, next_text) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Step(text, next_text if next_kind in {"json", "text"} else "")


def run_steps(steps: list[Step], address: str, directory: Path, **environment: str) -> list[Step]:
    """Paste the commands into one shell, line by line, and return them with what they really printed."""
    script = "".join(f"{step.commands}echo '{_END_OF_STEP}'\n" for step in steps)
    shell = subprocess.run(
        [shutil.which("bash") or "bash"],
        input=script.replace(ADDRESS, address).replace(TASKFLEET, f"{sys.executable} -m app.cli"),
        cwd=directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    outputs = shell.stdout.replace("\r\n", "\n").split(f"{_END_OF_STEP}\n")
    return [Step(step.commands, output) for step, output in zip(steps, outputs, strict=False)]


def without_what_differs(output: str) -> str:
    """Put names in the place of ids and of the instants at which something happened."""
    for pattern, name in _WHAT_DIFFERS:
        output = pattern.sub(name, output)
    return output
