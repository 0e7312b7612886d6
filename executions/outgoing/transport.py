"""Connections to checked addresses only: a name is resolved once, and what was checked is what is connected to."""

import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Thread

import httpcore
import httpx

from executions.outgoing.addresses import Address, refusal
from executions.outgoing.allowing import VARIABLE, AllowList


class ForbiddenAddress(httpx.RequestError):
    """A host leads to an address that may not be asked; nothing was sent to it.

    No `TransportError`: nothing was tried, so it says nothing of the host and must not open its circuit. Whoever
    runs the platform may allow the host; another attempt changes nothing.
    """

    def __init__(self, host: str, *, reason: str) -> None:
        super().__init__(
            f"the address of {host} may not be asked: it is {reason}; "
            f"to allow it, whoever runs the platform adds the host to {VARIABLE}"
        )


class CheckedTransport(httpx.HTTPTransport):
    """Sends requests to public addresses, and to those that are on the list.

    Every connection, a redirect's too, is checked. Proxies of the environment are not used: they resolve names
    themselves and would be asked for anything.
    """

    def __init__(self, *, allowed: AllowList, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=trusted, network_backend=_CheckedBackend(allowed))


class _CheckedBackend(httpcore.SyncBackend):
    """Opens connections for httpcore, which takes name and certificate from the URL and not from here."""

    def __init__(self, allowed: AllowList) -> None:
        self._allowed = allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve `host`, check all its addresses, and connect to the first of them that answers."""
        if not 0 < port < 2**16:  # the system would take the lower 16 bits of it, or fail otherwise
            raise httpcore.ConnectError("there is no such port; write one from 1 to 65535")
        until = None if timeout is None else time.monotonic() + timeout
        addresses = resolve(host, port, timeout=timeout)
        _check(host, port, addresses, allowed=self._allowed)

        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            left = None if until is None else max(until - time.monotonic(), 0.001)
            try:
                # A literal address is not looked up again.
                return super().connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def resolve(host: str, port: int, *, timeout: float | None) -> list[Address]:
    """Return the addresses of a host, the preferred one first, looked up once.

    Numbers in any notation (`127.1`, `0x7f000001`) are read as the system reads them.

    Args:
        timeout: seconds. The system's resolver takes no such bound and cannot be interrupted, so it runs in a
            thread, which is left behind when the time is up.

    Raises:
        httpcore.ConnectError: there is no such host.
        httpcore.ConnectTimeout: nobody could say in time.
    """
    try:
        return _look_up(host, port, flags=socket.AI_NUMERICHOST)
    except OSError:
        pass  # a name
    found: Future[list[Address]] = Future()
    Thread(target=_fulfil, args=(found, host, port), name=f"resolve {host}", daemon=True).start()
    try:
        return found.result(timeout)
    except TimeoutError:
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


def _fulfil(found: Future[list[Address]], host: str, port: int) -> None:
    try:
        found.set_result(_look_up(host, port))
    except Exception as error:  # noqa: BLE001 - raised where the result is awaited
        found.set_exception(error)


def _look_up(host: str, port: int, *, flags: int = 0) -> list[Address]:
    # Bytes: Python would encode text by IDNA, and fail otherwise than by an OSError.
    infos = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(ip_address(str(info[4][0])) for info in infos))


def _check(host: str, port: int, addresses: Iterable[Address], *, allowed: AllowList) -> None:
    """Refuse a host one of whose addresses is refused: an honest name does not mix them."""
    if allowed.has_host(host, port=port):
        return
    for address in addresses:
        reason = refusal(address)
        if reason is not None and not allowed.has_address(address, port=port):
            raise ForbiddenAddress(host, reason=reason)
