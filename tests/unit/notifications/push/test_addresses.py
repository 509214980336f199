"""Which addresses pushes may go to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications.push.addresses import AddressPolicy

PUBLIC = ["8.8.8.8", "142.250.74.106", "2001:4860:4860::8888", "2a00:1450:4001:81a::200a", "2606:4700::1111"]

FORBIDDEN = {
    "0.0.0.0": "this host",  # noqa: S104 - not listened on
    "10.1.2.3": "private",
    "100.64.0.1": "shared by a provider's customers (CGNAT)",
    "100.100.100.200": "the metadata of one cloud, in the same range",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "the host of a virtual machine in Azure",
    "169.254.169.254": "link-local: the metadata of most clouds",
    "172.16.0.1": "private",
    "192.0.0.192": "protocol assignments: the metadata of another cloud",
    "192.0.2.1": "documentation",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarks",
    "192.88.99.1": "a relay to IPv6 (6to4)",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "this host",
    "::1": "loopback",
    "::127.0.0.1": "an address of IPv4 (IPv4-compatible)",
    "::8.8.8.8": "likewise",
    "::ffff:127.0.0.1": "an address of IPv4 (IPv4-mapped)",
    "::ffff:8.8.8.8": "likewise",
    "64:ff9b::7f00:1": "an address of IPv4 (NAT64)",
    "64:ff9b::808:808": "likewise",
    "64:ff9b:1::1": "likewise, of a site's own",
    "2001::1": "an address of IPv4 (Teredo)",
    "2001:db8::1": "documentation",
    "2001:20::1": "no place (ORCHIDv2)",
    "2002:7f00:1::": "an address of IPv4 (6to4)",
    "3fff::1": "documentation",
    "fc00::1": "unique local",
    "fd00:ec2::254": "unique local: the metadata of a cloud",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local, with a zone",
    "2606:4700::1111%1": "with a zone",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "": "no address",
    "localhost": "no address",
    "0x7f000001": "no address as this is given one",
    "127.1": "likewise",
}


class TestAPublicAddress:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_is_permitted(self, address: str) -> None:
        assert AddressPolicy().permits(address)


class TestAnyOther:
    @pytest.mark.parametrize("address", FORBIDDEN)
    def test_is_not(self, address: str) -> None:
        assert not AddressPolicy().permits(address)

    @given(st.ip_addresses(v=4))
    def test_is_not_in_any_dress_of_ipv6(self, address: ipaddress.IPv4Address) -> None:
        number = int(address)
        dresses = (0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80)
        assert not any(AddressPolicy().permits(str(ipaddress.IPv6Address(dress))) for dress in dresses)

    @given(st.ip_addresses())
    def test_is_not_if_python_has_a_word_against_it(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        if AddressPolicy().permits(str(address)):
            assert address.is_global
            assert not address.is_multicast


class TestTheLocalProfile:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
    def test_lets_pushes_go_to_this_machine(self, address: str) -> None:
        assert AddressPolicy(allows_loopback=True).permits(address)

    @pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fe80::1", "::"])
    def test_lets_them_go_to_no_other_that_is_not_public(self, address: str) -> None:
        assert not AddressPolicy(allows_loopback=True).permits(address)
