"""The real Nginx with our configuration before scripted upstreams, and how it is spoken to."""

import json
import os
import socket
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.core.clock import SystemClock
from app.embedded.certificate import CertificateFiles, ensure_certificate
from app.embedded.nginx import TEMPLATES, EmbeddedNginx
from app.embedded.server import LOOPBACK
from tests.deploy.gateway.upstream import ScriptedUpstream
from tests.deploy.programs import require_program
from tests.integration.local_stack.processes import wait_until

HOST = "localhost"
# An address of loopback that is a trusted proxy; all others are strangers.
TRUSTED_PROXY = "127.0.0.2"

DEADLINE_SECONDS = 20.0


def render(directory: Path, templates: Path = TEMPLATES, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `nginx/render`, or a changed copy, with these variables and no other ones."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return subprocess.run(
        [templates / "render", directory],
        env=environment | {f"GATEWAY_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def make_certificate(directory: Path) -> CertificateFiles:
    """Return a certificate for `HOST`."""
    return ensure_certificate(directory, [HOST], SystemClock())


@dataclass(frozen=True)
class Gateway:
    """A running gateway and what is behind it."""

    nginx: EmbeddedNginx
    auth: ScriptedUpstream
    tasks: ScriptedUpstream
    notifications: ScriptedUpstream
    trust: ssl.SSLContext

    def client(self, **options: Any) -> httpx.Client:
        """Return a client that trusts the certificate and sends what a test says."""
        client = httpx.Client(
            verify=self.trust, base_url=f"https://{HOST}:{self.nginx.port}", timeout=DEADLINE_SECONDS, **options
        )
        client.headers.clear()
        return client

    def proxy_client(self) -> httpx.Client:
        """Return a client at the address of the trusted proxy."""
        return self.client(transport=httpx.HTTPTransport(verify=self.trust, local_address=TRUSTED_PROXY))

    def connect(self) -> socket.socket:
        """Return an open connection with https on it, for what no client library would send."""
        plain = socket.create_connection((LOOPBACK, self.nginx.port), timeout=DEADLINE_SECONDS)
        return self.trust.wrap_socket(plain, server_hostname=HOST)

    def log_of(self, request_id: str) -> dict[str, Any]:
        """Return the line of the access log about a request that was answered, which is written a moment later."""
        mark = f'"request_id":"{request_id}"'
        wait_until(lambda: mark in self.nginx.access_log.read_text(encoding="utf-8"), f"a line about {request_id}")
        lines = self.nginx.access_log.read_text(encoding="utf-8").splitlines()
        (found,) = [json.loads(line) for line in lines if mark in line]
        return dict(found)

    def forget(self) -> None:
        """Forget what arrived."""
        for upstream in (self.auth, self.tasks, self.notifications):
            upstream.forget()


def gateway_nginx(
    directory: Path, certificate: CertificateFiles | None, settings: Mapping[str, str]
) -> EmbeddedNginx:
    """Return a gateway that is not yet started; it is an async context manager."""
    binary = require_program("nginx", "nginx-light")
    secure = (
        {}
        if certificate is None
        else {"GATEWAY_TLS_CERTIFICATE": str(certificate.certificate), "GATEWAY_TLS_KEY": str(certificate.key)}
    )
    names = {"GATEWAY_SERVER_NAME": HOST}
    return EmbeddedNginx(Path(binary), directory, names | secure | dict(settings))


def receive_all(connection: socket.socket) -> bytes:
    """Return what comes until the other side hangs up."""
    received = b""
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            return received
        if not part:
            return received
        received += part
