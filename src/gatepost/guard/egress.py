"""Which addresses may be dialled when a tenant or a document chose them, and how such a URL is read.

Only global unicast addresses pass, unless the operator allowed their network by name. The tables are
written out (IANA special-purpose registries, RFC 6890 and its updates) because `ipaddress.is_global`
changes its mind between patch releases of Python, and calls `::127.0.0.1` global in some of them.

A check is worth something only on the very address that is dialled: `gatepost.net.connector` does that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

from gatepost.errors import AddressRefused, InvalidField, InvalidSetting

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2048
"""Characters in a URL: what every common client and proxy carries."""

MAX_HOST_LENGTH = 253
"""Characters in a host name (RFC 1035 section 2.3.4, as text)."""

DEFAULT_PORTS = {"http": 80, "https": 443}

SPECIAL_IPV4: tuple[tuple[IPv4Network, str], ...] = (
    (IPv4Network("0.0.0.0/8"), "this host"),
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "shared by carriers"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved for protocols"),
    (IPv4Network("192.0.2.0/24"), "for documentation"),
    (IPv4Network("192.88.99.0/24"), "a 6to4 relay"),
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("198.18.0.0/15"), "for benchmarks"),
    (IPv4Network("198.51.100.0/24"), "for documentation"),
    (IPv4Network("203.0.113.0/24"), "for documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)

GLOBAL_UNICAST = IPv6Network("2000::/3")

SPECIAL_IPV6: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("2001::/23"), "reserved for protocols (Teredo among them)"),
    (IPv6Network("2001:db8::/32"), "for documentation"),
    (IPv6Network("2002::/16"), "a 6to4 tunnel"),
    (IPv6Network("3fff::/20"), "for documentation"),
)

NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv6-only host reaches the whole IPv4 internet through this prefix (RFC 6052), so it cannot be refused as such."""

METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # nearly every cloud
        "169.254.170.2",  # Amazon ECS
        "169.254.170.23",  # Amazon EKS
        "169.254.0.23",  # Tencent
        "168.63.129.16",  # Azure: looks public, answers inside only
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # Amazon
        "fd00:ec2::23",  # Amazon EKS
        "fd20:ce::254",  # Google
    )
)
"""Hosts that hand credentials of the machine to whoever asks: never reached by allowing a network around them."""


class EgressRules:
    """What may be dialled. `allow` names networks that are reachable although they are not global.

    A metadata address passes only when it is allowed by itself, as a network of one address.
    """

    __slots__ = ("_allow",)

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    @classmethod
    def parse(cls, networks: Iterable[str]) -> EgressRules:
        """Rules from texts such as `10.0.0.0/8` or `::1`; raises InvalidSetting."""
        return cls(_network(text) for text in networks)

    def check(self, address: str) -> None:
        """Raises AddressRefused unless this numeric address may be dialled."""
        reason = self._refusal(_numeric(address))
        if reason:
            raise AddressRefused(f"{address} is {reason}")

    def check_target(self, target: Target) -> None:
        """Raises AddressRefused early when a URL spells out an address that would be refused when dialled.

        A name says nothing yet: what it stands for is checked each time a connection is made.
        """
        if target.is_numeric:
            self.check(target.host)

    def _refusal(self, address: Address) -> str:
        if address in METADATA:
            return "" if ip_network(address) in self._allow else "a metadata service"
        if any(address in network for network in self._allow):
            return ""
        return _special(address)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise InvalidSetting(f"not a network: {error}") from error


def _numeric(text: str) -> Address:
    """The address that packets sent to `text` go to: `::ffff:127.0.0.1` is `127.0.0.1` (RFC 4291 section 2.5.5.2)."""
    try:
        address = ip_address(text)
    except ValueError:
        raise AddressRefused(f"{text!r} is not an address") from None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise AddressRefused(f"{text} names an interface of this machine")
    return address.ipv4_mapped or address


def _special(address: Address) -> str:
    """Why the address is not global unicast, or nothing when it is."""
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in SPECIAL_IPV4 if address in network), "")
    if address in NAT64:
        # No allowed network counts inside: RFC 6052 section 3.1 forbids private addresses behind this prefix.
        embedded = IPv4Address(int(address) & 0xFFFF_FFFF)
        return "a metadata service" if embedded in METADATA else _special(embedded)
    if address not in GLOBAL_UNICAST:
        return "not global unicast"
    return next((reason for network, reason in SPECIAL_IPV6 if address in network), "")


class Target(Struct, frozen=True):
    """Where a URL points. `host` is lower case, without brackets; `path` is the request target, query included."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def tls(self) -> bool:
        return self.scheme == "https"

    @property
    def is_numeric(self) -> bool:
        """Whether the host is an address and not a name."""
        return ":" in self.host or _IPV4.fullmatch(self.host) is not None

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110 section 7.2): the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


# What urlsplit of the standard library forgives (tabs, backslashes, user names, odd ports) is refused here:
# two readers of one URL that disagree about its host are how guards are passed.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]/?#@:\\%\s]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[!$&-;=@-Z_a-z~%]*)?(?:\?[!$&-;=?@-Z_a-z~%]*)?)",
    re.ASCII | re.IGNORECASE,  # ASCII: without it the long s of Latin would spell https
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_LOOKS_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")

_DEVIATING = re.compile("[\u00df\u03c2\u200c\u200d]")
"""Characters that IDNA 2003 and 2008 map to different names (UTS 46 section 2.3)."""


def parse_url(url: str) -> Target:
    """Reads the URL of an endpoint; raises InvalidField for whatever could be read in two ways.

    Addresses must be written in their usual form: `127.1`, `0x7f000001`, `017700000001` and `2130706433` are
    refused. A name in other letters is turned into its ASCII form (IDNA).
    """
    if len(url) > MAX_URL_LENGTH:
        raise InvalidField(f"a URL has at most {MAX_URL_LENGTH} characters")
    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidField("not an http or https URL, or it has a user name, a fragment or characters to be escaped")
    scheme = match["scheme"].lower()
    path = match["path"]
    return Target(
        scheme=scheme,
        host=_host(match["host"]),
        port=_port(match["port"], scheme),
        path=path if path.startswith("/") else f"/{path}",
    )


def _port(text: str | None, scheme: str) -> int:
    port = DEFAULT_PORTS[scheme] if text is None else int(text)
    if not 1 <= port <= 65535:
        raise InvalidField("a port is a number from 1 to 65535")
    return port


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    host = _ascii(text).lower().removesuffix(".")
    if _LOOKS_NUMERIC.fullmatch(host):
        if _IPV4.fullmatch(host) is None:
            raise InvalidField("an IPv4 address is written as four decimal numbers without leading zeros")
    elif len(host) > MAX_HOST_LENGTH or _NAME.fullmatch(host) is None:
        raise InvalidField("not a host name")
    return host


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise InvalidField("not an IPv6 address") from None


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    if _DEVIATING.search(host):
        raise InvalidField("this host name can be read in two ways: write it in its ASCII form (xn--)")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidField("this host name has no ASCII form") from None
