"""Under which address a request is counted, whatever its headers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.client_address import UNKNOWN, ClientAddresses

PROXIES = ("10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48")
PROXY = "10.0.0.1"
CLIENT = "198.51.100.4"


def find(peer: str | None, *forwarded: str | bytes, trusted: tuple[str, ...] = PROXIES) -> str:
    """Return the key of a request from a peer with these `X-Forwarded-For` headers."""
    lines = [line if isinstance(line, bytes) else line.encode() for line in forwarded]
    headers = [(b"host", b"tasks.example"), *((b"x-forwarded-for", line) for line in lines)]
    client = None if peer is None else (peer, 4711)
    return ClientAddresses(trusted).find({"type": "http", "client": client, "headers": headers})


class TestAPeerThatIsNoProxy:
    @pytest.mark.parametrize("forged", ["203.0.113.9", PROXY, "", "nonsense", f"{PROXY}, 203.0.113.9"])
    def test_is_counted_itself_whatever_it_says(self, forged: str) -> None:
        assert find(CLIENT, forged) == CLIENT

    def test_is_every_peer_without_a_setting(self) -> None:
        assert find(PROXY, "203.0.113.9", trusted=()) == PROXY

    @pytest.mark.parametrize("peer", [None, "", "/run/taskfleet.sock", "testclient"])
    def test_has_one_key_with_all_others_when_it_has_no_address(self, peer: str | None) -> None:
        assert find(peer, "203.0.113.9") == UNKNOWN


class TestAClientBehindProxies:
    @pytest.mark.parametrize(
        "forwarded",
        [
            (CLIENT,),
            (f"203.0.113.9, {CLIENT}",),  # what stands on the left was written by the client
            (f"{PROXY},{CLIENT}",),  # even if it is the address of a proxy
            (f"{CLIENT}, 10.9.9.9 ,192.0.2.7",),
            ("203.0.113.9", f"nonsense, {CLIENT}", "10.9.9.9"),
            (f"{CLIENT}:4711, 10.9.9.9:80",),
            (f"::ffff:{CLIENT}",),
            (f"[::ffff:{CLIENT}]:443",),
        ],
    )
    def test_is_the_first_from_the_right_that_is_no_proxy(self, forwarded: tuple[str, ...]) -> None:
        assert find(PROXY, *forwarded) == CLIENT

    @pytest.mark.parametrize(
        "malformed",
        [
            "nonsense",
            "",
            " ",
            "1.2.3",
            "1.2.3.4.5",
            "::1::2",
            "for=1.2.3.4",
            "x" * 60_000,
            b"\xff\xfe",
            "[",
            ":",
            "_",
        ],
    )
    def test_stops_at_what_is_no_address(self, malformed: str | bytes) -> None:
        line = malformed if isinstance(malformed, bytes) else malformed.encode()
        assert find(PROXY, CLIENT.encode() + b", " + line) == PROXY
        assert find(PROXY, CLIENT.encode() + b", " + line + b", 10.9.9.9") == "10.9.9.9"

    def test_is_the_outermost_proxy_when_only_proxies_are_named(self) -> None:
        assert find(PROXY, "10.1.1.1, 10.2.2.2") == "10.1.1.1"

    def test_is_the_proxy_itself_when_nobody_is_named(self) -> None:
        assert find(PROXY) == PROXY

    def test_is_found_behind_a_proxy_that_listens_on_both_protocols(self) -> None:
        assert find(f"::ffff:{PROXY}", CLIENT) == CLIENT

    @given(line=st.text(st.characters(codec="latin-1"), max_size=200))
    def test_is_always_somebody(self, line: str) -> None:
        assert find(PROXY, line.encode("latin-1"))

    @given(forged=st.text(st.sampled_from("0123456789abcdef:., "), max_size=60))
    def test_cannot_choose_its_key(self, forged: str) -> None:
        """The proxy adds whom it spoke to; nothing that the client sends ahead of it changes the outcome."""
        assert find(PROXY, f"{forged}, {CLIENT}") == CLIENT


class TestAnAddressOfIpv6:
    def test_is_counted_with_its_network_of_64_bits(self) -> None:
        assert find("2001:db8:1:2:3:4:5:6") == find("2001:db8:1:2::1") == "2001:db8:1:2::/64"
        assert find("2001:db8:1:3::1") != find("2001:db8:1:2::1")

    def test_is_the_ipv4_address_that_it_stands_for(self) -> None:
        assert find(f"::ffff:{CLIENT}") == CLIENT

    def test_may_have_a_zone(self) -> None:
        assert find("fe80::1%eth0") == find("fe80::2%eth1") == "fe80::/64"

    def test_may_belong_to_a_proxy(self) -> None:
        assert find("2001:db8:ffff::1", "2001:db8:1:2::1") == "2001:db8:1:2::/64"


def find_by_forwarded(peer: str, *lines: str, also: str = "") -> str:
    """Return the key of a request with these `Forwarded` headers from a peer; `also` is its `X-Forwarded-For`."""
    headers = [*((b"forwarded", line.encode()) for line in lines), (b"x-forwarded-for", also.encode())]
    scope = {"type": "http", "client": (peer, 4711), "headers": headers}
    return ClientAddresses(PROXIES, "forwarded").find(scope)


class TestAClientBehindProxiesThatWriteForwarded:
    @pytest.mark.parametrize(
        "forwarded",
        [
            (f"for={CLIENT}",),
            (f"by=192.0.2.9;for={CLIENT};host=api.example.com;proto=https",),
            (f"By=192.0.2.9; For={CLIENT} ;Proto=https",),
            (f'for="{CLIENT}:4711"',),
            (f'for="[::ffff:{CLIENT}]:4711"',),
            (f"for=203.0.113.9, for={CLIENT}, for=192.0.2.7;proto=https",),  # a CDN ahead, whose address is trusted
            ("for=203.0.113.9", f"for={CLIENT}"),
            (f'for="203.0.113.9, for={CLIENT};proto=https',),  # a quote that the client leaves open
        ],
    )
    def test_is_the_first_from_the_right_that_is_no_proxy(self, forwarded: tuple[str, ...]) -> None:
        assert find_by_forwarded(PROXY, *forwarded) == CLIENT

    def test_is_not_looked_for_in_the_other_header(self) -> None:
        assert find_by_forwarded(PROXY, f"for={CLIENT}", also="203.0.113.9, 10.0.0.7") == CLIENT
        assert find_by_forwarded(PROXY, also="203.0.113.9") == PROXY
        assert find(PROXY, CLIENT) == CLIENT

    @pytest.mark.parametrize(
        "element", ["for=unknown", "for=_hidden", "for=", "for", "by=203.0.113.9", "=", ";", '"']
    )
    def test_stops_at_an_element_without_an_address(self, element: str) -> None:
        assert find_by_forwarded(PROXY, f"for=203.0.113.9, {element}") == PROXY

    def test_has_a_network_in_ipv6(self) -> None:
        assert find_by_forwarded(PROXY, 'for="[2001:db8:1:2:3::4]:4711"') == "2001:db8:1:2::/64"

    @given(forged=st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=80))
    def test_cannot_choose_its_key(self, forged: str) -> None:
        assert find_by_forwarded(PROXY, f"{forged}, by=192.0.2.9;for={CLIENT};proto=https") == CLIENT


class TestAClientThatWritesForwardedItself:
    def test_is_not_believed_where_proxies_write_the_other_header(self) -> None:
        scope = {
            "type": "http",
            "client": (PROXY, 4711),
            "headers": [(b"forwarded", b"for=203.0.113.9"), (b"x-forwarded-for", CLIENT.encode())],
        }

        assert ClientAddresses(PROXIES).find(scope) == CLIENT
