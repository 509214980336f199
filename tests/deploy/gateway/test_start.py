"""`nginx/start`, what an image starts: it becomes Nginx, and sees to it that a renewed certificate is used."""

import contextlib
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.nginx import TEMPLATES
from app.embedded.server import LOOPBACK, find_free_port
from tests.deploy.gateway.stage import DEADLINE_SECONDS, HOST, make_certificate
from tests.deploy.programs import require_program
from tests.integration.local_stack.processes import descendants, wait_for_end, wait_until


class Started:
    """Nginx by `nginx/start`, with a certificate that is looked at each second."""

    def __init__(self, directory: Path) -> None:
        self.files = make_certificate(directory)
        # From 1.27.4 on Nginx reads no file again that is as old as before, by the second.
        for file in (self.files.certificate, self.files.key):
            os.utime(file, (0, 0))
        self.port = find_free_port()
        run = directory / "run"
        run.mkdir()
        settings = {
            "SERVER_NAME": HOST,
            "UPSTREAMS": f"{LOOPBACK}:1",
            "WORKER_PROCESSES": 1,
            "ADDRESS": LOOPBACK,
            "HTTP_PORT": find_free_port(),
            "HTTPS_PORT": self.port,
            "STATUS_PORT": find_free_port(),
            "RUN_DIRECTORY": run,
            "TLS_CERTIFICATE": self.files.certificate,
            "TLS_KEY": self.files.key,
            "TLS_CHECK_SECONDS": 1,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        environment = inherited | {f"GATEWAY_{name}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [TEMPLATES / "start"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def certificate(self) -> str:
        """The certificate that is shown, as PEM; empty while nobody listens."""
        with contextlib.suppress(ConnectionRefusedError):
            return ssl.get_server_certificate((LOOPBACK, self.port), timeout=DEADLINE_SECONDS)
        return ""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    require_program("nginx", "nginx-light")
    started = Started(tmp_path)
    wait_until(lambda: started.certificate() != "", "Nginx listens")
    yield started
    # Nginx' workers, and who looks at the certificate, go with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.wait(DEADLINE_SECONDS)


class TestACertificate:
    def test_is_used_once_it_is_renewed(self, started: Started, tmp_path: Path) -> None:
        first = started.certificate()
        (tmp_path / "renewed").mkdir()
        renewed = make_certificate(tmp_path / "renewed")
        # One file after the other, as some tools write them: between the two they do not fit.
        shutil.copy(renewed.certificate, started.files.certificate)
        assert started.certificate() == first
        shutil.copy(renewed.key, started.files.key)
        shown = renewed.certificate.read_text(encoding="ascii").split()
        wait_until(lambda: started.certificate().split() == shown, "the new one is shown")
        assert started.process.poll() is None


class TestTheEnd:
    def test_is_in_order_and_leaves_nobody(self, started: Started) -> None:
        # A worker of Nginx, and who looks at the certificate, with its `sleep`.
        wait_until(lambda: len(descendants(started.process.pid)) == 3, "all are there")
        children = [child.pid for child in descendants(started.process.pid)]
        started.process.send_signal(signal.SIGQUIT)
        assert started.process.wait(DEADLINE_SECONDS) == 0
        wait_for_end(children, timeout_seconds=5)
