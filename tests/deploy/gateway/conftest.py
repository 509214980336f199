"""One gateway for all tests that need no other one."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.embedded.certificate import CertificateFiles
from tests.deploy.gateway.stage import TRUSTED_PROXY, Gateway, gateway_nginx, make_certificate
from tests.deploy.gateway.upstream import ScriptedUpstream


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """A certificate for the name of the gateway."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
async def _gateway(
    tmp_path_factory: pytest.TempPathFactory, certificate: CertificateFiles, web_dist: Path
) -> AsyncIterator[Gateway]:
    with ExitStack() as stack:
        auth, tasks, notifications = (
            stack.enter_context(ScriptedUpstream(name)) for name in ("auth", "tasks", "notifications")
        )
        settings = {
            "GATEWAY_AUTH_UPSTREAMS": auth.address,
            "GATEWAY_TASKS_UPSTREAMS": tasks.address,
            "GATEWAY_NOTIFICATIONS_UPSTREAMS": notifications.address,
            "GATEWAY_TRUSTED_PROXIES": TRUSTED_PROXY,
            "GATEWAY_WEB_ROOT": str(web_dist),
            # More than all tests together send.
            "GATEWAY_REQUEST_RATE": "10000",
            "GATEWAY_MAX_IMPORT_BYTES": "3000000",
            "GATEWAY_WORKER_PROCESSES": "1",
        }
        trust = ssl.create_default_context(cafile=str(certificate.certificate))
        async with gateway_nginx(tmp_path_factory.mktemp("gateway"), certificate, settings) as nginx:
            yield Gateway(nginx, auth, tasks, notifications, trust)


@pytest.fixture
def gateway(_gateway: Gateway) -> Gateway:
    """The gateway, before upstreams that have seen nothing yet."""
    _gateway.forget()
    return _gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    """A client of the gateway that sends no headers by itself."""
    with gateway.client() as client:
        yield client
