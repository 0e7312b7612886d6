"""Which addresses a request may not be sent to, and why. Pure.

After the special-purpose registries of IANA (RFC 6890 and its updates). `ipaddress.is_global` is not enough: it
is true for NAT64 and 6to4 forms of loopback, and for multicast.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

METADATA = "a metadata address of a cloud"

# The first that holds the address counts.
_REFUSED: dict[str, str] = {
    "0.0.0.0/32": "unspecified: it stands for this machine",
    "0.0.0.0/8": "of this network (0.0.0.0/8)",
    "10.0.0.0/8": "private",
    "100.100.100.200/32": METADATA,
    "100.64.0.0/10": "shared by a carrier's customers (100.64.0.0/10)",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": METADATA,  # of Azure, in space that is public otherwise
    "169.254.169.254/32": METADATA,
    "169.254.170.2/32": METADATA,  # credentials of a container
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.192/32": METADATA,
    "192.0.0.0/24": "reserved for protocols (192.0.0.0/24)",
    "192.0.2.0/24": "for documentation",
    "192.88.99.0/24": "reserved (once the relay of 6to4)",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "255.255.255.255/32": "broadcast",
    "240.0.0.0/4": "reserved",
    "::/128": "unspecified: it stands for this machine",
    "::1/128": "loopback",
    "::/96": "an IPv4 address in an obsolete form of IPv6 (::/96)",
    "64:ff9b:1::/48": "for translation to IPv4 within a network (64:ff9b:1::/48)",
    "100::/64": "discarded",
    "2001::/32": "a tunnel to an IPv4 address (Teredo)",
    "2001:2::/48": "for benchmarks",
    "2001::/23": "reserved for protocols (2001::/23)",
    "2001:db8::/32": "for documentation",
    "2002::/16": "a tunnel to an IPv4 address (6to4)",
    "3fff::/20": "for documentation",
    "fd00:ec2::254/128": METADATA,
    "fd00:ec2::23/128": METADATA,
    "fd20:ce::254/128": METADATA,
    "fc00::/7": "private (a unique local address)",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out


def refusal(address: Address) -> str | None:
    """Return why nothing may be sent to an address, as the end of "it is …"; None where it may.

    An IPv4 address in the form of IPv4-mapped IPv6 or NAT64 is judged as what it stands for. 6to4 and Teredo are
    refused whatever they hold: both are out of use, and their relays are not ours to trust.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "of one link only (it has a zone)"
        if (inner := _embedded(address)) is not None:
            reason = refusal(inner)
            return None if reason is None else f"{reason}, as {inner} in a form of IPv6"
    for network, reason in _TABLE[address.version]:
        if address in network:
            return reason
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "reserved"
    return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _table(version: int) -> tuple[tuple[Network, str], ...]:
    networks = ((ip_network(text), reason) for text, reason in _REFUSED.items())
    return tuple((network, reason) for network, reason in networks if network.version == version)


_TABLE = {version: _table(version) for version in (4, 6)}
