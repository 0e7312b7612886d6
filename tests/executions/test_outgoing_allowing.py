"""The list of hosts and networks that may be asked although they are not public."""

from ipaddress import ip_address

import pytest
from pydantic import ValidationError

from executions.outgoing.allowing import AllowList, InvalidEntry, parse
from scheduler_project.environment import Environment


@pytest.mark.parametrize(
    ("entry", "host", "port", "is_allowed"),
    [
        ("intranet.example", "intranet.example", 80, True),
        ("intranet.example", "INTRANET.example.", 8443, True),
        ("Intranet.Example.", "intranet.example", 80, True),
        ("intranet.example", "x.intranet.example", 80, False),
        ("intranet.example:8080", "intranet.example", 8080, True),
        ("intranet.example:8080", "intranet.example", 80, False),
        ("localhost", "localhost", 80, True),
        ("my_service", "my_service", 80, True),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example", 80, True),
        ("10.0.0.1", "10.0.0.1", 80, False),  # an address is judged as such
    ],
)
def test_a_name_on_the_list_is_exactly_that_name(entry: str, host: str, port: int, is_allowed: bool) -> None:
    assert parse([entry]).has_host(host, port=port) is is_allowed


@pytest.mark.parametrize(
    ("entry", "address", "port", "is_allowed"),
    [
        ("10.1.2.3", "10.1.2.3", 80, True),
        ("10.1.2.3", "10.1.2.4", 80, False),
        ("10.1.2.3:8080", "10.1.2.3", 8080, True),
        ("10.1.2.3:8080", "10.1.2.3", 80, False),
        ("10.0.0.0/8", "10.255.0.1", 80, True),
        ("10.0.0.0/8:443", "10.255.0.1", 443, True),
        ("10.0.0.0/8:443", "10.255.0.1", 80, False),
        ("fd00::1", "fd00::1", 80, True),
        ("[fd00::1]", "fd00::1", 80, True),
        ("[fd00::1]:8080", "fd00::1", 80, False),
        ("[fd00::/8]:8080", "fd12::1", 8080, True),
        ("127.0.0.1", "::ffff:127.0.0.1", 80, False),
        ("intranet.example", "10.1.2.3", 80, False),
    ],
)
def test_an_address_on_the_list_may_be_asked_by_any_name(
    entry: str, address: str, port: int, is_allowed: bool
) -> None:
    assert parse([entry]).has_address(ip_address(address), port=port) is is_allowed


@pytest.mark.parametrize(
    "entry",
    [
        *("", "*", "*.example", "http://intranet.example", "intranet.example/path", "a b", "münchen.example"),
        *("127.1", "0x7f000001", "2130706433", "10.0.0", "1.2.3.4.5", "256.1.1.1", "a..b", "-a", "a-"),
        *(
            "[fd00::1",
            "[intranet.example",
            "fd00::g",
            "10.0.0.0/33",
            f"{'a' * 64}.example",
            "a." * 127 + "ab",
        ),
    ],
)
def test_an_entry_that_is_neither_host_nor_network_is_named(entry: str) -> None:
    with pytest.raises(InvalidEntry) as caught:
        parse(["fine.example", entry])

    assert str(caught.value).startswith(f"{entry!r} is none of: a host name")


@pytest.mark.parametrize("entry", ["a.example:0", "a.example:65536", "10.0.0.1:99999999999", "[::1]:0"])
def test_a_port_that_is_none_is_refused(entry: str) -> None:
    with pytest.raises(InvalidEntry, match="has no such port"):
        parse([entry])


def test_a_network_with_bits_beyond_its_mask_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidEntry, match=r"^'10.1.2.3/8' has bits beyond its mask: write 10.0.0.0/8$"):
        parse(["10.1.2.3/8"])


def test_nothing_is_on_the_list_unless_it_is_put_there() -> None:
    assert parse([]) == AllowList()
    assert Environment.model_fields["http_allow"].default == []


def test_a_process_with_a_list_that_cannot_be_read_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORARIUM_HTTP_ALLOW", "intranet.example, *.example")

    with pytest.raises(ValidationError, match=r"'\*\.example' is none of") as caught:
        Environment()

    assert caught.value.errors()[0]["loc"] == ("HORARIUM_HTTP_ALLOW",)
