"""Which addresses pushes may go to: those of the public internet, for anybody can name an endpoint."""

import ipaddress
from dataclasses import dataclass

# What is allotted to anybody (RFC 4291, section 2.4). Outside it lie loopback, unique local, link-local and multicast
# addresses, and all that stand for one of IPv4: ::ffff:0:0/96 (mapped), ::/96 and NAT64 (64:ff9b::/96, RFC 6052).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# They hold an address of IPv4 as well, which is reached through a relay: 6to4 (RFC 3056), Teredo (RFC 4380).
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
# Public by its number, but answered by the host of each virtual machine in Azure, with what concerns that machine.
_HOST_OF_AZURE = ipaddress.IPv4Address("168.63.129.16")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """`allows_loopback` lets pushes go to this machine as well, for development and tests."""

    allows_loopback: bool = False

    def permits(self, text: str) -> bool:
        """Whether a push may go to an address. What is no address is none that it may go to."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        if self.allows_loopback and address.is_loopback:
            return True
        if isinstance(address, ipaddress.IPv4Address):
            return _is_public_v4(address)
        return _is_public_v6(address)


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    # `is_global` follows IANA's registry of special purposes: it leaves out private, shared (CGNAT, RFC 6598),
    # link-local and reserved addresses, but not multicast.
    return address.is_global and not address.is_multicast and address != _HOST_OF_AZURE


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _TUNNELS)
