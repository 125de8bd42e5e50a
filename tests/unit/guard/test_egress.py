"""Which addresses may be dialled, and which URLs are read at all."""
# ruff: noqa: RUF001 - letters that look like others are what is tested

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.errors import AddressRefused, InvalidField, InvalidSetting
from gatepost.guard.egress import MAX_URL_LENGTH, METADATA, EgressRules, Target, parse_url

DENY_ALL_SPECIAL = EgressRules()


def refused(address: str, rules: EgressRules = DENY_ALL_SPECIAL) -> bool:
    try:
        rules.check(address)
    except AddressRefused:
        return True
    return False


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "2606:4700::1111", "2a00:1450:4001::1"]
)
def test_a_global_address_passes(address: str) -> None:
    assert not refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "100::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_a_special_address_is_refused(address: str) -> None:
    assert refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:7f00:1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",  # IPv4-compatible
        "::ffff:0:127.0.0.1",  # IPv4-translated
        "64:ff9b::127.0.0.1",  # NAT64
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::168.63.129.16",
        "64:ff9b:1::8.8.8.8",  # NAT64 of a local operator
        "2002:7f00:1::",  # 6to4
        "2002:808:808::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo around 127.0.0.1
    ],
)
def test_an_address_inside_an_address_does_not_pass(address: str) -> None:
    assert refused(address)


def test_a_global_address_behind_nat64_or_mapped_passes() -> None:
    assert not refused("64:ff9b::8.8.8.8")
    assert not refused("::ffff:8.8.8.8")


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f000001", "017700000001", "2130706433", "8.8.8.08", "8.8.8.8 ", "٨.٨.٨.٨"]
)
def test_what_is_not_a_plain_address_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700::1111%1", "::1%lo"])
def test_a_zone_id_is_refused_even_where_everything_is_allowed(address: str) -> None:
    assert refused(address, EgressRules.parse(["::/0"]))


def test_an_allowed_network_passes_in_every_spelling_of_its_addresses() -> None:
    rules = EgressRules.parse(["127.0.0.0/8", "fd00::/8"])
    assert not refused("127.0.0.1", rules)
    assert not refused("::ffff:127.0.0.1", rules)
    assert not refused("fd12::1", rules)
    assert refused("10.0.0.1", rules)
    assert refused("::1", rules)
    assert refused("0.0.0.0", rules)


def test_an_allowed_network_does_not_reach_through_nat64() -> None:
    assert refused("64:ff9b::10.0.0.1", EgressRules.parse(["10.0.0.0/8"]))


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_a_metadata_service_is_allowed_only_by_its_own_address(address: str) -> None:
    assert refused(address)
    assert refused(address, EgressRules.parse(["0.0.0.0/0", "::/0"]))
    assert not refused(address, EgressRules.parse([address]))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "example.com", ""])
def test_a_malformed_allow_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        EgressRules.parse([text])


addresses = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.ip_addresses(v=6, network="2000::/3"),
    st.ip_addresses(v=4).map(lambda v4: IPv6Address(int(IPv6Address("64:ff9b::")) + int(v4))),
    st.ip_addresses(v=4).map(lambda v4: IPv6Address(0xFFFF_0000_0000 + int(v4))),
    st.ip_addresses(v=4).map(lambda v4: IPv6Address((0x2002 << 112) + (int(v4) << 80))),
)


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Where packets end up, by the standard library's own reading."""
    if isinstance(address, IPv4Address):
        return address
    if address in IPv6Network("64:ff9b::/96"):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


@given(address=addresses)
@example(address=IPv4Address("168.63.129.16"))
@example(address=IPv6Address("::127.0.0.1"))
def test_nothing_passes_that_the_standard_library_does_not_call_global(address: IPv4Address | IPv6Address) -> None:
    if not refused(str(address)):
        final = unwrapped(address)
        assert final.is_global
        assert not any((final.is_multicast, final.is_loopback, final.is_link_local, final.is_reserved))
        assert final not in METADATA


@given(address=addresses, allowed=st.ip_addresses(v=4), prefix=st.integers(8, 32))
def test_an_allow_list_opens_its_own_network_and_nothing_else(
    address: IPv4Address | IPv6Address, allowed: IPv4Address, prefix: int
) -> None:
    network = IPv4Network((allowed, prefix), strict=False)
    if refused(str(address)) and not refused(str(address), EgressRules([network])):
        assert unwrapped(address) in network


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.com", Target("http", "example.com", 80, "/")),
        ("https://example.com/", Target("https", "example.com", 443, "/")),
        ("HTTPS://Example.COM:8443/Hook?A=b", Target("https", "example.com", 8443, "/Hook?A=b")),
        ("http://example.com?a=/b", Target("http", "example.com", 80, "/?a=/b")),
        ("http://example.com./", Target("http", "example.com", 80, "/")),
        ("http://my_service:8080/x", Target("http", "my_service", 8080, "/x")),
        ("http://127.0.0.1/", Target("http", "127.0.0.1", 80, "/")),
        ("http://127.0.0.1./", Target("http", "127.0.0.1", 80, "/")),
        ("http://[2606:4700::1111]:81/x", Target("http", "2606:4700::1111", 81, "/x")),
        ("https://bücher.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
        ("http://１２７。０。０。１/", Target("http", "127.0.0.1", 80, "/")),
        ("http://①②⑦.0.0.1/", Target("http", "127.0.0.1", 80, "/")),
        ("http://ℓocalhost/", Target("http", "localhost", 80, "/")),
    ],
)
def test_a_url_is_read(url: str, target: Target) -> None:
    assert parse_url(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http:/example.com/",
        "http:///x",
        "httpſ://example.com/",
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "http://example.com:80@evil.example/",
        "http://localhost\\@example.com/",
        "http://example.com#@evil.example/",
        "http://example.com/#fragment",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://example.com/\t",
        "http://example.com/\x00",
        "http://example.com/é",
        'http://example.com/"',
        "http://example.com\n",
        " http://example.com",
        "http://exam%70le.com/",
        "http://℀.example/",
        "http://faß.example/",
        "http://a\u200db.example/",
        "http://a..example/",
        "http://.example/",
        "http://-a.example/",
        f"http://{'a' * 64}.example/",
        "http://example.com:/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:８０/",
        "http://example.com:+80/",
        "http://example.com:999999/",
        "http://[::1",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[127.0.0.1]/",
        "http://[::g]/",
        "http://::1/",
        f"http://example.com/{'a' * MAX_URL_LENGTH}",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidField):
        parse_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "127.0.1",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0X7F.1",
        "0x",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "1.2.3.4.5",
        "example.1",
        "a.0x7f",
    ],
)
def test_a_disguised_ipv4_address_is_refused(host: str) -> None:
    with pytest.raises(InvalidField):
        parse_url(f"http://{host}/")


@given(octets=st.tuples(*[st.integers(0, 255)] * 4), data=st.data())
def test_no_spelling_of_an_ipv4_address_is_taken_for_a_name(octets: tuple[int, ...], data: st.DataObject) -> None:
    spelled = [data.draw(st.sampled_from([str(octet), hex(octet), f"0{octet:o}"])) for octet in octets]
    host = ".".join(spelled)
    try:
        target = parse_url(f"http://{host}/")
    except InvalidField:
        return
    assert target.is_numeric
    assert str(ip_address(target.host)) == host


@given(text=st.text(max_size=40))
def test_whatever_is_read_has_a_plain_host_and_a_port(text: str) -> None:
    try:
        target = parse_url(f"http://{text}")
    except InvalidField:
        return
    assert target.host.isascii()
    assert not set(target.host) & set("@/\\?#%[] \t\r\n\x00")
    assert 1 <= target.port <= 65535
    assert target.path.startswith("/")
    assert target.path.isprintable()


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://example.com:80/", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("https://example.com:80/", "example.com:80"),
        ("http://[2606:4700::1111]/", "[2606:4700::1111]"),
        ("http://[2606:4700::1111]:81/", "[2606:4700::1111]:81"),
    ],
)
def test_the_authority_names_only_an_unusual_port(url: str, authority: str) -> None:
    assert parse_url(url).authority == authority


def test_a_literal_address_is_refused_before_anything_is_dialled() -> None:
    with pytest.raises(AddressRefused):
        DENY_ALL_SPECIAL.check_target(parse_url("http://127.0.0.1/"))
    with pytest.raises(AddressRefused):
        DENY_ALL_SPECIAL.check_target(parse_url("http://[::ffff:7f00:1]/"))
    DENY_ALL_SPECIAL.check_target(parse_url("http://localhost/"))
    DENY_ALL_SPECIAL.check_target(parse_url("http://8.8.8.8/"))
