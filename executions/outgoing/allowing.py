"""The hosts and networks that may be asked although their addresses are not public. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_interface

from executions.outgoing.addresses import Address, Network

VARIABLE = "HORARIUM_HTTP_ALLOW"

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label is no number: a host such as 127.1 or 0x7f000001 is an address in disguise.
_NAME = re.compile(rf"({_LABEL}\.)*(?!0x[0-9a-f]*$|[0-9]+$){_LABEL}")
_WITH_PORT = re.compile(r"\[(?P<bracketed>[^\]]*)\](:(?P<after>[0-9]+))?|(?P<plain>[^:]*):(?P<port>[0-9]+)")


class InvalidEntry(ValueError):
    """An entry of the list that whoever runs the platform must change; the message names it and the remedy."""

    def __init__(self, entry: str, *, remedy: str) -> None:
        super().__init__(f"{entry!r} {remedy}")


@dataclass(frozen=True, slots=True)
class AllowList:
    """What `parse` has read. A port of None stands for all ports."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    def has_host(self, host: str, *, port: int) -> bool:
        """Return whether this name may be asked at this port, wherever it leads."""
        name = _canonical(host)
        return (name, None) in self.hosts or (name, port) in self.hosts

    def has_address(self, address: Address, *, port: int) -> bool:
        """Return whether this address may be asked at this port, by whatever name."""
        return any(
            address in network for network, allowed_port in self.networks if allowed_port in {None, port}
        )


def parse(entries: Iterable[str]) -> AllowList:
    """Return the list of these entries: host names, addresses and networks, each with a port if wanted.

    Raises:
        InvalidEntry: one of them is none of these.
    """
    return _parse(tuple(entries))


@lru_cache(maxsize=8)
def _parse(entries: tuple[str, ...]) -> AllowList:
    hosts, networks = set(), []
    for entry in entries:
        place, port = _split(entry)
        network = _network(entry, place)
        if network is not None:
            networks.append((network, port))
        else:
            hosts.add((_name(entry, place), port))
    return AllowList(frozenset(hosts), tuple(networks))


def _split(entry: str) -> tuple[str, int | None]:
    """Return an entry without its port, and that; the colons of an IPv6 address belong to it."""
    found = _WITH_PORT.fullmatch(entry)
    if found is None:
        return entry, None
    place = found["plain"] if found["bracketed"] is None else found["bracketed"]
    digits = found["port"] or found["after"]
    if digits is not None and not (len(digits) <= 5 and 1 <= int(digits) <= 65_535):
        raise InvalidEntry(entry, remedy="has no such port: give one from 1 to 65535")
    return place, None if digits is None else int(digits)


def _network(entry: str, place: str) -> Network | None:
    try:
        interface = ip_interface(place)
    except ValueError:
        return None
    if interface.ip != interface.network.network_address:
        raise InvalidEntry(entry, remedy=f"has bits beyond its mask: write {interface.network}")
    return interface.network


def _name(entry: str, place: str) -> str:
    name = _canonical(place)
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise InvalidEntry(
            entry,
            remedy="is none of: a host name without wildcard, scheme or path (intranet.example), an address "
            "(10.1.2.3, [fd00::1]), either with a port (intranet.example:8080), a network (10.0.0.0/8)",
        )
    return name


def _canonical(host: str) -> str:
    return host.lower().removesuffix(".")
