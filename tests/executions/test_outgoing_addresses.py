"""Which addresses are refused: a table, and properties over all addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.outgoing.addresses import refusal

REFUSED = {
    "unspecified": ["0.0.0.0", "::", "::ffff:0.0.0.0"],
    "this network": ["0.0.0.1", "0.255.255.255"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"],
    "private": [
        "10.0.0.0",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "fc00::1",
        "fdff:ffff::1",
        "::ffff:10.0.0.1",
        "64:ff9b::c0a8:101",
    ],
    "shared": ["100.64.0.0", "100.127.255.255"],
    "metadata": [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ],
    "link-local": ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"],
    "zone": ["fe80::1%eth0", "::1%lo", "2606:4700::1%2"],
    "site-local": ["fec0::1", "feff::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "broadcast": ["255.255.255.255"],
    "reserved": ["192.0.0.8", "192.88.99.1", "240.0.0.1", "255.255.255.254", "2001:1::1", "1::1", "4000::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "obsolete": ["::7f00:1", "::808:808", "::2"],
    "translation": ["64:ff9b:1::7f00:1", "64:ff9b:1:ffff::808:808"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe", "2001::1"],
    "discarded": ["100::1"],
}
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
EXCEPTIONS = [  # refused although `ipaddress` has them as public; it lists some only in later versions
    *map(ip_network, ("192.88.99.0/24", "168.63.129.16/32", "192.0.0.0/24", "2002::/16", "2001::/23")),
    *map(ip_network, ("64:ff9b:1::/48", "3fff::/20", "100:0:0:1::/64", "5f00::/16")),
]

v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(IPv6Address)
special = st.sampled_from(sorted({text for texts in REFUSED.values() for text in texts if "%" not in text}))
nearby = st.tuples(special.map(ip_address), st.integers(-300, 300)).map(
    lambda pair: type(pair[0])((int(pair[0]) + pair[1]) % 2 ** pair[0].max_prefixlen)
)


@pytest.mark.parametrize(
    ("text", "word"), [(text, word) for word, texts in REFUSED.items() for text in texts]
)
def test_an_address_that_is_not_public_is_refused_with_the_reason(text: str, word: str) -> None:
    assert word in (refusal(ip_address(text)) or "")


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_asked(text: str) -> None:
    assert refusal(ip_address(text)) is None


@given(v4 | v6 | nearby)
def test_whatever_may_be_asked_is_public_to_python_as_well(address: IPv4Address | IPv6Address) -> None:
    if refusal(address) is None:
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global
        assert not inner.is_multicast


@given(v4 | nearby)
def test_whatever_is_public_to_python_may_be_asked_but_for_known_exceptions(
    address: IPv4Address | IPv6Address,
) -> None:
    is_excepted = any(address in network for network in EXCEPTIONS)
    is_given_out = address.version == 4 or address in ip_network("2000::/3")
    if is_given_out and address.is_global and not address.is_multicast and not is_excepted:
        assert refusal(address) is None


@given(v4 | nearby.filter(lambda address: address.version == 4))
def test_no_form_of_ipv6_leads_to_a_refused_ipv4_address(address: IPv4Address) -> None:
    number = int(address)
    forms = [
        number,  # IPv4-compatible
        0xFFFF << 32 | number,  # IPv4-mapped
        0x64FF9B << 96 | number,  # NAT64
        0x64FF9B_0001 << 80 | number,  # NAT64 within a network
        0x2002 << 112 | number << 80,  # 6to4
        0x2001_0000 << 96 | number << 64,  # Teredo: the server
        0x2001_0000 << 96 | number ^ 0xFFFFFFFF,  # Teredo: the client
    ]
    allowed = [form for form in forms if refusal(IPv6Address(form)) is None]
    assert allowed == ([] if refusal(address) else forms[1:3])
