"""Upstreams by name, which is looked up again and again: what pods are behind it changes while Nginx runs."""

import functools
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.deploy.gateway.stage import HOST, gateway_nginx
from tests.deploy.gateway.upstream import ScriptedUpstream
from tests.deploy.programs import require_program
from tests.fakes.name_server import NameServer
from tests.waiting import until

# The first one that can.
NEEDED = (1, 27, 3)


@pytest.fixture
def _new_nginx() -> None:
    told = subprocess.run([require_program("nginx", "nginx-light"), "-v"], capture_output=True, text=True, check=True)
    version = re.search(r"/(\d+)\.(\d+)\.(\d+)", told.stderr)
    assert version is not None, told.stderr
    if tuple(map(int, version.groups())) < NEEDED:
        pytest.skip(f"this is Nginx {version[0][1:]}, and names are looked up again from 1.27.3 on")


@pytest.mark.usefixtures("_new_nginx")
class TestANameOfProcesses:
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    async def test_is_followed_wherever_it_leads(self, method: str, tmp_path: Path) -> None:
        with ScriptedUpstream("only") as upstream, NameServer() as names:
            port = upstream.address.rpartition(":")[2]
            settings = {"GATEWAY_UPSTREAMS": f"api.test:{port}", "GATEWAY_RESOLVER": names.address}
            settings |= {"GATEWAY_REQUEST_RATE": "10000", "GATEWAY_WORKER_PROCESSES": "1"}
            async with gateway_nginx(tmp_path, None, settings) as nginx, httpx.AsyncClient() as client:

                async def is_answered_with(status: int) -> bool:
                    answer = await client.request(method, f"http://{HOST}:{nginx.port}/api/v1/tasks")
                    return answer.status_code == status

                # Nobody has the name yet, which does not keep Nginx from starting.
                assert await is_answered_with(502)
                for address, status in (("127.0.0.1", 200), ("127.0.0.9", 502), ("127.0.0.1", 200), ("", 502)):
                    names.addresses = [address] if address else []
                    await until(functools.partial(is_answered_with, status), period_seconds=0.1)
