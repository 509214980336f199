"""Two processes of the service, one of which is in trouble."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest

from app.embedded.nginx import EmbeddedNginx
from app.embedded.server import LOOPBACK
from tests.deploy.gateway.stage import DEADLINE_SECONDS, HOST, gateway_nginx
from tests.deploy.gateway.upstream import ScriptedUpstream
from tests.integration.api.problem_shape import assert_problem
from tests.integration.local_stack.processes import wait_until

UNSAFE = ("POST", "PATCH", "PUT", "DELETE")
# Enough for each of two processes to be chosen first.
TIMES = 8


class Pair:
    """Two processes that live, one port where nothing listens, and gateways before some of them."""

    def __init__(self, first: ScriptedUpstream, second: ScriptedUpstream, url: str, half_dead_url: str) -> None:
        self.first = first
        self.second = second
        self.url = url
        self.half_dead_url = half_dead_url

    @property
    def count(self) -> int:
        return len(self.first.arrivals) + len(self.second.arrivals)


def closed_port(stack: ExitStack) -> int:
    """Return a port that is ours and refuses connections."""
    holder = stack.enter_context(socket.socket())
    holder.bind((LOOPBACK, 0))
    port: int = holder.getsockname()[1]
    return port


@pytest.fixture(scope="module")
async def _pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    with ExitStack() as stack:
        first, second = (stack.enter_context(ScriptedUpstream(name)) for name in ("first", "second"))
        limits = {"GATEWAY_REQUEST_RATE": "10000", "GATEWAY_WORKER_PROCESSES": "1"}

        def gateway(name: str, upstreams: str) -> EmbeddedNginx:
            return gateway_nginx(tmp_path_factory.mktemp(name), None, limits | {"GATEWAY_UPSTREAMS": upstreams})

        both = f"{first.address} {second.address}"
        half_dead = f"{LOOPBACK}:{closed_port(stack)} {first.address}"
        async with gateway("both", both) as healthy, gateway("half", half_dead) as half:
            yield Pair(first, second, *(f"http://{HOST}:{nginx.port}" for nginx in (healthy, half)))


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=DEADLINE_SECONDS) as client:
        yield client


@pytest.fixture
def pair(_pair: Pair, client: httpx.Client) -> Pair:
    """Both processes, which are taken for alive and have seen nothing yet."""
    for url, count in ((_pair.url, 2), (_pair.half_dead_url, 1)):
        seen: set[str] = set()

        def has_seen_all(url: str = url, seen: set[str] = seen, count: int = count) -> bool:
            answer = client.get(f"{url}/api/v1/tasks")
            if answer.status_code == 200:
                seen.add(answer.json()["server"])
            return len(seen) == count

        wait_until(has_seen_all, "all are taken for alive again")
    _pair.first.forget()
    _pair.second.forget()
    return _pair


class TestAProcessThatHangsUp:
    """It has read the request: nobody knows what it did."""

    def test_is_not_the_last_to_be_asked_by_a_get(self, pair: Pair, client: httpx.Client) -> None:
        assert client.get(f"{pair.url}/api/v1/tasks/die").status_code == 502
        assert pair.first.arrivals
        assert pair.second.arrivals
        assert pair.count <= 4

    @pytest.mark.parametrize(
        ("method", "path"),
        [*((method, "/api/v1/tasks/die") for method in UNSAFE), ("DELETE", "/calendar/die")],
    )
    def test_is_the_only_one_to_get_what_may_change_something(
        self, method: str, path: str, pair: Pair, client: httpx.Client
    ) -> None:
        for sent in range(1, TIMES + 1):
            answer = client.request(method, f"{pair.url}{path}", content=b"{}")
            assert_problem(answer, 502)
            # Also when both are taken for dead.
            assert pair.count == sent

    def test_is_the_only_one_to_get_a_change_without_a_body(self, pair: Pair, client: httpx.Client) -> None:
        before = pair.count
        client.delete(f"{pair.url}/api/v1/tasks/die")
        assert pair.count - before == 1


class TestProcessesThatAreAllTakenForDead:
    """Some are alive again before the second is over in which they are not asked."""

    @pytest.mark.parametrize("method", ["GET", *UNSAFE])
    def test_are_asked_all_the_same(self, method: str, pair: Pair, client: httpx.Client) -> None:
        for _ in range(TIMES):
            client.post(f"{pair.url}/api/v1/tasks/die")
        before = pair.count
        assert client.request(method, f"{pair.url}/api/v1/tasks", content=b"{}").status_code == 200
        assert pair.count == before + 1


class TestAPortWhereNothingListens:
    """Nothing was sent there, so that another process can have the request, whatever it is."""

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", *UNSAFE])
    def test_costs_no_request(self, method: str, pair: Pair, client: httpx.Client) -> None:
        for _ in range(TIMES):
            assert client.request(method, f"{pair.half_dead_url}/api/v1/tasks").status_code == 200
        assert pair.count == TIMES

    def test_costs_no_body(self, pair: Pair, client: httpx.Client) -> None:
        for method in UNSAFE:
            answer = client.request(method, f"{pair.half_dead_url}/api/v1/tasks", content=b"x" * 500_000)
            assert answer.status_code == 200
        assert [arrival.body_bytes for arrival in pair.first.arrivals] == [500_000] * len(UNSAFE)


class TestAnErrorOfTheService:
    def test_is_nobody_elses_to_mend(self, pair: Pair, client: httpx.Client) -> None:
        assert client.get(f"{pair.url}/api/v1/tasks/problem").status_code == 409
        assert pair.count == 1


class TestAProcessThatSaysNothing:
    def test_is_given_up_within_the_ten_seconds_of_the_contract(self, pair: Pair, client: httpx.Client) -> None:
        answer = client.get(f"{pair.url}/api/v1/tasks/silence")
        problem = assert_problem(answer, 504)
        assert problem["type"] == "/problems/gateway-timeout"
        assert 5 < answer.elapsed.total_seconds() < 10
        assert pair.count == 1
