"""Connections go to the address that was checked, and to the host that was named."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from app.notifications.push import transport
from app.notifications.push.addresses import AddressPolicy
from app.notifications.push.lookups import SystemNames, TooManyLookupsError
from app.notifications.push.transport import (
    CheckedAddresses,
    RefusedAddressError,
    UnknownHostError,
    open_checked_http,
)
from tests.integration.notifications.push.tls_server import TlsServer, serve_tls
from tests.waiting import until

HOST = "push.example.com"
PUBLIC = "8.8.8.8"


class Names:
    """A name server of the enemy's: answers each question with the next of its answers, the last again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TlsServer]:
    async with serve_tls(tmp_path, HOST) as server:
        yield server


async def push(server: TlsServer, names: Names, *hosts: str, allows_loopback: bool = True) -> list[int]:
    """Push to hosts one after the other, through one client; returns the statuses."""
    addresses = CheckedAddresses(AddressPolicy(allows_loopback), names.resolve)
    async with open_checked_http(addresses, 5, server.trust) as client:
        return [(await client.post(f"https://{host}:{server.port}/x")).status_code for host in hosts or (HOST,)]


class TestAConnection:
    async def test_goes_to_the_checked_address_and_names_the_host(self, server: TlsServer) -> None:
        names = Names(["127.0.0.2"])
        assert await push(server, names) == [201]

        assert server.addresses == ["127.0.0.2"]
        assert server.names == [HOST]
        assert server.hosts == [f"{HOST}:{server.port}"]
        assert names.asked == [(HOST, server.port)]

    async def test_is_used_again_without_another_look(self, server: TlsServer) -> None:
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        assert await push(server, names, HOST, HOST) == [201, 201]

        assert len(server.addresses) == len(names.asked) == 1

    async def test_is_not_used_for_another_host_at_the_same_address(self, server: TlsServer) -> None:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await push(server, Names(["127.0.0.1"]), HOST, "other.example.com")

        assert server.hosts == [f"{HOST}:{server.port}"]

    async def test_is_made_to_the_next_address_where_the_first_does_not_answer(self, server: TlsServer) -> None:
        assert await push(server, Names(["127.0.0.3", "127.0.0.2"])) == [201]

        assert server.addresses == ["127.0.0.2"]

    async def test_keeps_no_cookies(self, server: TlsServer) -> None:
        """Which would tell a push service who else is pushed to by us, and pile up."""
        server.answer_headers = b"Set-Cookie: who=ann; Path=/\r\n"
        addresses = CheckedAddresses(AddressPolicy(allows_loopback=True), Names(["127.0.0.1"]).resolve)
        async with open_checked_http(addresses, 5, server.trust) as client:
            for _ in range(2):
                assert (await client.post(f"https://{HOST}:{server.port}/x")).headers["Set-Cookie"]
            assert len(client.cookies.jar) == 0

        assert len(server.hosts) == 2
        assert server.cookies == []

    async def test_passes_over_addresses_that_it_may_not_use(self, server: TlsServer) -> None:
        assert await push(server, Names(["10.0.0.1", "::ffff:127.0.0.1", "127.0.0.2"])) == [201]

        assert server.addresses == ["127.0.0.2"]

    async def test_goes_through_no_proxy(self, server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Which would look the name up again, and at its own place in the network."""
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        assert await push(server, Names(["127.0.0.1"])) == [201]


class TestANameThatIsBoundAnew:
    async def test_between_the_check_and_the_push_reaches_nobody(self, server: TlsServer) -> None:
        names = Names([PUBLIC], ["127.0.0.1"])
        addresses = CheckedAddresses(AddressPolicy(), names.resolve)
        assert await addresses.find(HOST, server.port) == [PUBLIC]  # when the browser subscribed

        with pytest.raises(RefusedAddressError):
            await push(server, names, allows_loopback=False)
        assert server.addresses == []

    async def test_would_reach_this_machine_by_a_policy_that_lets_it(self, server: TlsServer) -> None:
        """The control."""
        names = Names([PUBLIC], ["127.0.0.1"])
        await CheckedAddresses(AddressPolicy(), names.resolve).find(HOST, server.port)

        assert await push(server, names) == [201]
        assert server.addresses == ["127.0.0.1"]

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
    async def test_to_any_place_inside_is_refused(self, server: TlsServer, address: str) -> None:
        with pytest.raises(RefusedAddressError):
            await push(server, Names([address]), allows_loopback=False)
        assert server.addresses == []


class TestLookingANameUp:
    @pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1"])
    async def test_sees_through_any_spelling_of_an_address(self, spelling: str) -> None:
        assert await SystemNames().resolve(spelling, 443) == ["127.0.0.1"]
        with pytest.raises(RefusedAddressError):
            await CheckedAddresses(AddressPolicy(), SystemNames().resolve).find(spelling, 443)

    async def test_finds_this_machine(self) -> None:
        assert set(await SystemNames().resolve("localhost", 443)) <= {"127.0.0.1", "::1"}

    @pytest.mark.parametrize(
        "error", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long"), OSError("no route")]
    )
    async def test_that_fails_is_told_from_a_refusal(self, error: Exception) -> None:
        async def fail(_host: str, _port: int) -> Sequence[str]:
            raise error

        with pytest.raises(UnknownHostError):
            await CheckedAddresses(AddressPolicy(), fail).find(HOST, 443)

    async def test_that_finds_nothing_likewise(self) -> None:
        with pytest.raises(UnknownHostError):
            await CheckedAddresses(AddressPolicy(), Names([]).resolve).find(HOST, 443)

    async def test_takes_no_longer_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transport, "_LOOKUP_SECONDS", 0.01)

        async def wait(_host: str, _port: int) -> Sequence[str]:
            await asyncio.Event().wait()
            raise AssertionError

        with pytest.raises(UnknownHostError):
            await CheckedAddresses(AddressPolicy(), wait).find(HOST, 443)


class TestANameServerThatNeverAnswers:
    @pytest.fixture
    def silence(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
        """Has the system wait for it until the event is set."""
        silence = threading.Event()

        def wait(*_arguments: object, **_options: object) -> list[tuple[object, ...]]:
            assert silence.wait(20)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443))]

        monkeypatch.setattr(socket, "getaddrinfo", wait)
        yield silence
        silence.set()

    async def test_holds_so_many_threads_and_no_more(self, silence: threading.Event) -> None:
        names = SystemNames(limit=3)
        asking = [asyncio.create_task(names.resolve(HOST, 443)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyLookupsError):
            await names.resolve(HOST, 443)

        silence.set()
        assert await asyncio.gather(*asking) == [[PUBLIC]] * 3
        assert await names.resolve(HOST, 443) == [PUBLIC]

    async def test_holds_a_thread_for_as_long_as_it_lasts_whoever_has_given_up(
        self, silence: threading.Event
    ) -> None:
        names = SystemNames(limit=1)
        asking = asyncio.create_task(names.resolve(HOST, 443))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(TooManyLookupsError):
            await names.resolve(HOST, 443)

        silence.set()
        await until(lambda: names._under_way == 0)
        assert await names.resolve(HOST, 443) == [PUBLIC]

    async def test_leaves_the_threads_of_others_alone(self, silence: threading.Event) -> None:
        names = SystemNames(limit=50)
        asking = [asyncio.create_task(names.resolve(HOST, 443)) for _ in range(50)]
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "done") == "done"

        silence.set()
        await asyncio.gather(*asking)
