"""Which addresses pushes may go to: those of the public internet, for anybody can name an endpoint."""

import ipaddress
from dataclasses import dataclass

# What is allotted to anybody (RFC 4291, section 2.4). Outside it lie loopback, unique local, link-local and multicast
# addresses, and all that stand for one of IPv4: ::ffff:0:0/96 (mapped), ::/96 and NAT64 (64:ff9b::/96, RFC 6052).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Global by their numbers in some versions of Python or in all, and yet nobody's push service.
_SPECIAL_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # the host of a virtual machine in Azure, which tells what concerns that machine
        "192.0.0.0/24",  # protocol assignments (RFC 6890), among them the metadata of a cloud
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "2001::/23",  # protocol assignments (RFC 2928), among them Teredo, which holds an address of IPv4
        "2002::/16",  # 6to4 (RFC 3056), which holds one, too
        "3fff::/20",  # documentation (RFC 9637)
    )
)


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
        if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address not in _GLOBAL_UNICAST):
            return False
        # `is_global` follows IANA's registries of special purposes: it leaves out private, shared (CGNAT, RFC 6598),
        # link-local and reserved addresses.
        return address.is_global and not any(address in network for network in _SPECIAL_NETWORKS)
