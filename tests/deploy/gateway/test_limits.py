"""What one address may take of the gateway, and other shapes of it: before one upstream, behind a load balancer."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from app.embedded.nginx import EmbeddedNginx
from app.embedded.server import LOOPBACK
from tests.deploy.gateway.stage import HOST, TRUSTED_PROXY, gateway_nginx
from tests.deploy.gateway.upstream import ScriptedUpstream
from tests.integration.api.problem_shape import assert_problem

REQUEST_RATE = 1
BURST = 2 * REQUEST_RATE
CONNECTIONS = 3


@dataclass(frozen=True)
class Small:
    """A gateway by plain http with small limits, behind a load balancer that it trusts."""

    nginx: EmbeddedNginx
    upstream: ScriptedUpstream

    def client(self, address: str = LOOPBACK, **headers: str) -> httpx.Client:
        """Return a client that has this address."""
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(transport=transport, base_url=f"http://{HOST}:{self.nginx.port}", headers=headers)


@pytest.fixture(scope="module")
async def small(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Small]:
    with ScriptedUpstream("only") as upstream:
        settings = {
            "GATEWAY_UPSTREAMS": upstream.address,
            "GATEWAY_REQUEST_RATE": str(REQUEST_RATE),
            "GATEWAY_CONNECTION_LIMIT": str(CONNECTIONS),
            "GATEWAY_TRUSTED_PROXIES": f"{TRUSTED_PROXY}/32",
            "GATEWAY_WORKER_PROCESSES": "1",
        }
        async with gateway_nginx(tmp_path_factory.mktemp("small"), None, settings) as nginx:
            yield Small(nginx, upstream)


@pytest.fixture(autouse=True)
def _forget(small: Small) -> Iterator[None]:
    yield
    small.upstream.forget()


class TestOneAddress:
    def test_gets_429_beyond_its_rate_while_others_are_served(self, small: Small) -> None:
        with small.client("127.0.1.1") as greedy, small.client("127.0.1.2") as other:
            answers = [greedy.get("/api/v1/tasks") for _ in range(BURST + 3)]
            refused = [answer for answer in answers if answer.status_code != 200]
            assert refused
            for answer in refused:
                assert assert_problem(answer, 429)["type"] == "/problems/rate-limited"
                assert answer.headers["Retry-After"] == "1"
            assert other.get("/api/v1/tasks").status_code == 200

    def test_is_that_behind_the_trusted_proxy(self, small: Small) -> None:
        with small.client(TRUSTED_PROXY) as proxy:
            for number in range(BURST + 3):
                headers = {"X-Forwarded-For": f"203.0.113.{number}"}
                assert proxy.get("/api/v1/tasks", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        ("addresses", "may_pass"),
        [
            (["2001:db8:0:1::5", "2001:db8:0:1:7::", "2001:db8:0:1:a:b:c:d", "2001:db8:0:1::6"], False),
            (["2001:db9::5", "2001:db9::1:0:0:5", "2001:db9:0:0:7::", "2001:db9::6"], False),
            (["2001:db8:0:2::5", "2001:db8:0:3::5", "2001:db8:0:4::5", "2001:db8:0:5::5"], True),
        ],
    )
    def test_is_a_network_of_64_bits_in_ipv6(self, addresses: list[str], may_pass: bool, small: Small) -> None:
        with small.client(TRUSTED_PROXY) as proxy:
            answers = [proxy.get("/api/v1/tasks", headers={"X-Forwarded-For": address}) for address in addresses]
        assert all(answer.status_code == 200 for answer in answers) is may_pass

    def test_may_have_so_many_requests_under_way(self, small: Small) -> None:
        request = f"GET /api/v1/events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        with ExitStack() as stack:
            for number in range(CONNECTIONS):
                connection = stack.enter_context(socket.socket())
                connection.bind(("127.0.2.1", 0))
                connection.settimeout(10)
                connection.connect((LOOPBACK, small.nginx.port))
                connection.sendall(request)
                status = 200 if number <= BURST else 429
                assert connection.recv(12) == f"HTTP/1.1 {status}".encode()
            with small.client("127.0.2.1") as client:
                assert_problem(client.get("/api/v1/tasks"), 429)


class TestBehindALoadBalancer:
    def test_https_ahead_is_believed(self, small: Small) -> None:
        with small.client(
            TRUSTED_PROXY, **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        ) as proxy:
            answer = proxy.get("/api/v1/tasks")
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert small.upstream.arrivals[0].headers["X-Forwarded-Proto"] == "https"

    def test_plain_http_ahead_is_led_to_https(self, small: Small) -> None:
        with small.client(TRUSTED_PROXY, **{"X-Forwarded-Proto": "http"}) as proxy:
            answer = proxy.get("/api/v1/tasks?x=y")
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"https://{HOST}:{small.nginx.port}/api/v1/tasks?x=y"

    def test_a_stranger_is_not_believed(self, small: Small) -> None:
        with small.client("127.0.3.1", **{"X-Forwarded-Proto": "https"}) as stranger:
            answer = stranger.get("/api/v1/tasks")
        assert "Strict-Transport-Security" not in answer.headers
        assert small.upstream.arrivals[0].headers["X-Forwarded-Proto"] == "http"

    def test_pages_come_from_the_service_where_there_are_no_files(self, small: Small) -> None:
        with small.client("127.0.3.2") as client:
            assert client.get("/today", headers={"Accept": "text/html"}).json() == {"server": "only"}
