"""What was measured on what: versions and machine, for the report."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import redis
from pymongo import MongoClient

from app import __version__
from bench.servers import MERN_DIRECTORY, Fleet

_PYTHON_PACKAGES = ("uvicorn", "fastapi", "motor", "pymongo", "redis")
_NODE_PACKAGES = ("express", "mongoose", "ioredis")


def read_versions(fleet: Fleet) -> dict[str, str]:
    """Return names and versions of what runs, in the order in which they are told."""
    with MongoClient[dict[str, object]](fleet.mongo.url) as mongo:
        mongod = str(mongo.server_info()["version"])
    with redis.Redis.from_url(fleet.cache.url) as cache:
        server = cache.info("server")
    cache_version = f"{server.get('server_name', 'redis')} {server.get('valkey_version') or server['redis_version']}"
    return {
        "Taskfleet": __version__,
        "Python": platform.python_version() + ("" if is_this_python_optimised() else " (not optimised)"),
        **{name: version(name) for name in _PYTHON_PACKAGES},
        "mongod": mongod,
        "cache": cache_version,
        **_read_node_versions(),
    }


def is_optimised(configure_arguments: str, prefix: str) -> bool:
    """Tell by how a Python was configured, and where it lies, whether it was built with a profile (PGO).

    Images, installers and uv have it from the option of CPython's own configure; the builds of distributions, below
    /usr, have it without that option. A Python that pyenv compiles has neither, unless it was told.
    """
    return "--enable-optimizations" in configure_arguments or prefix == "/usr"


def is_this_python_optimised() -> bool:
    """Return the same for the Python that runs this."""
    return is_optimised(sysconfig.get_config_var("CONFIG_ARGS") or "", sys.base_prefix)


def _read_node_versions() -> dict[str, str]:
    """Return Node's version and those that the lock of the Express service pins; nothing without Node."""
    node = shutil.which("node")
    if node is None:
        return {}
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603
    lock = json.loads((MERN_DIRECTORY / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: lock["packages"][f"node_modules/{name}"]["version"] for name in _NODE_PACKAGES}
    return {"Node": told.stdout.strip().removeprefix("v"), **packages}


def describe_machine() -> str:
    """Return processor, number of cores and system, in one line."""
    cpu_info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    match = re.search(r"^model name\s*:\s*(.+)$", cpu_info, re.MULTILINE)
    processor = match[1].strip() if match else platform.machine()
    release = ".".join(platform.release().split(".")[:2])
    return f"{processor}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {release}"
