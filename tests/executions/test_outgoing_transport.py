"""Connections: resolved once, checked, and made to the address that was checked."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from executions.outgoing.allowing import parse
from executions.outgoing.transport import CheckedTransport, ForbiddenAddress
from tests.executions.outgoing import Names, recording
from tests.executions.outgoing_certificate import write_certificate

PUBLIC = "1.1.1.1"  # never connected to: what is tested refuses before
REFUSED = (ForbiddenAddress, httpx.InvalidURL, httpx.ConnectError)
DISGUISED = [
    *("127.0.0.1", "127.1", "0x7f000001", "0x7f.1", "2130706433", "017700000001", "0177.0.0.1", "127.0.0.1."),
    *("localhost", "LOCALHOST", "0", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[64:ff9b:1::7f00:1]"),
    *("\uff11\uff12\uff17.0.0.1", "127。0。0。1", "169.254.169.254", "[fd00:ec2::254]"),
]  # fmt: skip


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


def get(url: str, *, allow: tuple[str, ...] = (), trusted: ssl.SSLContext | None = None) -> httpx.Response:
    transport = CheckedTransport(allowed=parse(allow), trusted=trusted or ssl.create_default_context())
    with httpx.Client(transport=transport, trust_env=False, timeout=5) as client:
        return client.get(url)


@pytest.mark.parametrize("host", DISGUISED)
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    with recording() as server, pytest.raises(REFUSED):
        get(f"http://{host}:{server.port}/")

    assert server.seen == []


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "localhost", "[::ffff:127.0.0.1]", "0"]
)
def test_the_refusal_names_host_reason_and_remedy(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match=r"loopback|this machine") as caught:
        get(f"http://{host}/")

    assert f"the address of {host.strip('[]')} " in str(caught.value)
    assert "HORARIUM_HTTP_ALLOW" in str(caught.value)


def test_a_zone_does_not_hide_a_link_local_address() -> None:
    with pytest.raises(REFUSED):
        get("http://[fe80::1%25lo]/")


def test_a_name_is_resolved_once_and_only_the_checked_address_is_connected_to(names: Names) -> None:
    names.answers["rebinds.example"] = [["127.0.0.2"], ["127.0.0.1"]]

    with recording(host="127.0.0.2") as checked:
        get(f"http://rebinds.example:{checked.port}/", allow=("127.0.0.2",))

    assert names.asked == ["rebinds.example"]
    assert checked.seen[0][2]["host"] == f"rebinds.example:{checked.port}"


def test_a_name_that_is_public_first_and_loopback_then_is_refused_the_second_time(names: Names) -> None:
    names.answers["rebinds.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    url = "http://rebinds.example:{}/"

    with recording(host="127.0.0.2") as public:
        get(url.format(public.port), allow=("127.0.0.2",))
        with pytest.raises(ForbiddenAddress):
            get(url.format(public.port), allow=("127.0.0.2",))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["2606:4700::1", "::1"]])
def test_a_name_one_of_whose_addresses_is_refused_is_refused(names: Names, addresses: list[str]) -> None:
    names.answers["mixed.example"] = [addresses]

    with pytest.raises(ForbiddenAddress, match=r"mixed\.example"):
        get("http://mixed.example/")


@pytest.mark.parametrize(
    "entry", ["intranet.example", "intranet.example:{port}", "127.0.0.0/8", "127.0.0.1:{port}"]
)
def test_a_host_on_the_list_is_asked(names: Names, entry: str) -> None:
    names.answers["intranet.example"] = [["127.0.0.1"]]

    with recording() as server:
        get(f"http://intranet.example:{server.port}/x", allow=(entry.format(port=server.port),))

    assert server.paths == ["/x"]


def test_the_next_address_is_tried_where_one_does_not_answer(names: Names) -> None:
    names.answers["two.example"] = [["127.0.0.3", "127.0.0.1"]]

    with recording() as server:
        get(f"http://two.example:{server.port}/", allow=("127.0.0.0/8",))

    assert server.paths == ["/"]


def test_a_name_that_does_not_exist_is_an_error_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(httpx.ConnectError, match="Name or service not known"):
        get("http://nowhere.example/")


@pytest.mark.parametrize("port", [-1, 2**16, 2**16 + 80, 10**30])
def test_a_port_that_is_none_is_an_error_of_the_connection_and_not_another_port(port: int) -> None:
    with pytest.raises(httpx.ConnectError, match="no such port"):
        get(f"http://127.0.0.1:{port}/", allow=("127.0.0.1",))


def test_a_resolver_that_hangs_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang(*_: Any, flags: int = 0, **__: Any) -> Any:
        answered.wait(0 if flags else 30)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    transport = CheckedTransport(allowed=parse([]), trusted=ssl.create_default_context())

    with httpx.Client(transport=transport, timeout=0.05) as client, pytest.raises(httpx.ConnectTimeout):
        client.get("http://slow.example/")
    answered.set()


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with recording() as proxy, recording() as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        get(f"http://127.0.0.1:{server.port}/", allow=("127.0.0.1",))

    assert (proxy.seen, server.paths) == ([], ["/"])


@pytest.fixture
def tls(tmp_path: Path) -> Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]:
    """Return the context of a server whose certificate names a host, and that of a client who trusts it."""

    def contexts(host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        certificate = write_certificate(tmp_path / "server.pem", host=host)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate)
        return server, ssl.create_default_context(cafile=certificate)

    return contexts


def test_tls_keeps_the_name_although_the_address_is_connected_to(names: Names, tls: Any) -> None:
    names.answers["api.example"] = [["127.0.0.1"]]
    context, trusted = tls("api.example")
    told: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: told.append(name)

    with recording(tls=context) as server:
        get(f"https://api.example:{server.port}/", allow=("127.0.0.1",), trusted=trusted)

    assert (server.paths, told) == (["/"], ["api.example"])


def test_a_certificate_of_another_name_is_refused(names: Names, tls: Any) -> None:
    names.answers["api.example"] = [["127.0.0.1"]]
    context, trusted = tls("other.example")

    with recording(tls=context) as server, pytest.raises(httpx.ConnectError, match="certificate"):
        get(f"https://api.example:{server.port}/", allow=("127.0.0.1",), trusted=trusted)

    assert server.seen == []
