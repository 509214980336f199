"""The image `taskfleet-gateway` is an Nginx that takes its configuration, read-only and without root."""

import os
import signal
import ssl
from pathlib import Path

import httpx
import pytest

from tests.deploy.compose.servers import make_secrets
from tests.deploy.image.conftest import GATEWAY_ACCOUNT
from tests.deploy.image.container import run, start
from tests.deploy.image.images import Image
from tests.ports import find_free_port
from tests.waiting import until


@pytest.fixture
async def settings(share: Path) -> dict[str, str]:
    """Those of an installation with a certificate."""
    await make_secrets(share)
    for path in (share, share / "gateway"):
        os.chown(path, GATEWAY_ACCOUNT, GATEWAY_ACCOUNT)
    return {
        "GATEWAY_SERVER_NAME": "localhost",
        "GATEWAY_UPSTREAMS": f"127.0.0.1:{find_free_port()}",
        "GATEWAY_HTTP_PORT": str(find_free_port()),
        "GATEWAY_HTTPS_PORT": str(find_free_port()),
        "GATEWAY_STATUS_PORT": str(find_free_port()),
        "GATEWAY_TLS_CERTIFICATE": "/mnt/gateway/tls.crt",
        "GATEWAY_TLS_KEY": "/mnt/gateway/tls.key",
    }


def is_alive(port: str) -> bool:
    """Whether Nginx answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


class TestTheConfiguration:
    async def test_is_one_that_nginx_takes(self, gateway: Image, share: Path, settings: dict[str, str]) -> None:
        script = "/srv/taskfleet/nginx/render /tmp/nginx && nginx -e stderr -t -c /tmp/nginx/nginx.conf"
        async with start(gateway, share, script, entrypoint=["/bin/sh", "-c"], **settings) as container:
            status = await container.wait()
        assert (status, "test is successful" in container.log) == (0, True), container.log

    async def test_is_refused_in_one_line_where_something_is_missing(self, gateway: Image, share: Path) -> None:
        status, text = await run(gateway, share)
        assert status == 2
        assert text.startswith("nginx/render: GATEWAY_SERVER_NAME is missing")


class TestTheGateway:
    async def test_serves_the_browser_app_and_ends_in_order(
        self, gateway: Image, share: Path, settings: dict[str, str]
    ) -> None:
        trust = ssl.create_default_context(cafile=str(share / "gateway" / "tls.crt"))
        async with start(gateway, share, **settings) as container:
            await until(lambda: is_alive(settings["GATEWAY_STATUS_PORT"]))
            async with httpx.AsyncClient(verify=trust) as client:
                page = await client.get(f"https://localhost:{settings['GATEWAY_HTTPS_PORT']}/")
            assert (page.status_code, '<div id="root">' in page.text) == (200, True)

            container.signal(signal.SIGQUIT)

            assert await container.wait() == 0
