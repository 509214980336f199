"""What the kernel counted of a running process: processor time and memory."""

import os
import re
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the processor time of all threads so far, user and system (proc(5), `stat`)."""
    # The second field is the program's name in parentheses, which may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def peak_memory_mb(pid: int) -> float:
    """Return the most memory (resident set, MB of 10^6 bytes) that the process ever had (proc(5), `VmHWM`)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None, "every process but the kernel's own has a resident set"  # noqa: S101
    return int(match[1]) * 1024 / 1e6
