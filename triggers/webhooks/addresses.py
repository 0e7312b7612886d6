"""Where a request comes from, and whether that is allowed. Pure."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network


def sender_address(remote: str, *, forwarded: str, trusted_proxies: int) -> str:
    """Return the address of whoever sent a request, or "" where it cannot be read.

    Args:
        remote: the other end of the connection.
        forwarded: X-Forwarded-For, to whose end each proxy adds the address that it was asked from. What stands
            before that is anybody's invention.
        trusted_proxies: how many of them stand in front of us.
    """
    hops = [*(forwarded.split(",") if forwarded else ()), remote]
    return normal(hops[max(0, len(hops) - 1 - trusted_proxies)])


def normal(text: str) -> str:
    """Return an address in its one form, an IPv4 address that is mapped into IPv6 as IPv4, or "" where it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address)))  # without a zone, which is ours alone
    return str(address)


def is_allowed(address: str, networks: Iterable[str]) -> bool:
    """Return whether an address, in its one form, is within one of `networks`, or these are none."""
    allowed = [ip_network(network, strict=False) for network in networks]
    if not allowed:
        return True
    return bool(address) and any(ip_address(address) in network for network in allowed)
