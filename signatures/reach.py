"""Which addresses may be asked when a file of others says where to ask: those of the open internet, and hosts that the administrator lists.

Without this, a certificate could make the server fetch from its own machine or from the house's network (SSRF). A name is resolved once and the
connection goes to the address that was checked, so that a name which changes its address in between gains nothing. Ranges: RFC 6890 and its
registries, as ``ipaddress`` knows them; addresses that carry an IPv4 address (RFC 4291 2.5.5.2, RFC 3056, RFC 6052) count as that one.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


class Internal(OSError):
    """The address leads inside, and isn't among those that are allowed."""


@dataclass(frozen=True, slots=True)
class InternalHosts:
    """Hosts beyond the open internet that may be asked: names, in lower case, and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> InternalHosts:
        """Names, addresses and networks (``10.8.0.0/16``), separated by commas. Raises ``ValueError`` naming the one that is neither."""
        names, networks = set(), []
        for item in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ipaddress.ip_network(item))
            except ValueError:
                if not _NAME.fullmatch(item) or not re.search(r"[a-z]", item):
                    raise ValueError(f"“{item}”不是主机名、IP 地址或者网段") from None
                names.add(item)
        return cls(frozenset(names), tuple(networks))

    def addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        """Where a connection to ``host`` may go, in the order of the resolver. Raises ``Internal``, and ``OSError`` where there is no such name."""
        found = dict.fromkeys((str(info[4][0]), port) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        named = host.lower().rstrip(".") in self.names
        allowed = [place for place in found if named or self._admits(place[0])]
        if not allowed:
            raise Internal("指向内部地址，未予访问；确需访问的，由系统管理员以 INTERNAL_HOSTS 允许")
        return allowed

    def _admits(self, text: str) -> bool:
        address = _carried(ipaddress.ip_address(text.partition("%")[0]))
        return _public(address) or any(address in network for network in self.networks)


def _carried(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where it is no more than a wrapping."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _public(address: Address) -> bool:
    inside = address.is_multicast or address.is_reserved or (address.version == 6 and address.is_site_local)
    return address.is_global and not inside
