"""What the host of a server says about where it stands."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_LOCAL = ("localhost", "host.docker.internal")
_PRIVATE_SUFFIXES = (".local", ".internal", ".lan", ".intranet", ".corp", ".home.arpa", ".cluster.local", ".svc")
_STAGES = frozenset(
    {"staging", "stage", "stg", "dev", "develop", "development", "qa", "uat", "test", "testing", "preprod",
     "preproduction", "nonprod", "integration"}
)  # fmt: skip
_LABEL_WORD = re.compile(r"[a-z]+")


def host_of(url: str) -> str:
    """The host of a server URL in lower case; empty for a relative one, or when a variable hides it."""
    rest = url.partition("://")[2] or (url[2:] if url.startswith("//") else "")
    try:
        return (urlsplit(f"//{rest}").hostname or "") if rest else ""
    except ValueError:  # such as an unfinished IPv6 address
        return ""


def is_local(url: str) -> bool:
    """Whether the address is that of the machine itself."""
    host = host_of(url)
    address = _address(host)
    return host in _LOCAL or host.endswith(".localhost") or (address is not None and address.is_loopback)


def is_private(url: str) -> bool:
    """Whether the address leads nowhere outside the network or the machine of its owner."""
    host = host_of(url)
    address = _address(host)
    if address is not None:
        return address.is_private and not _is_documentation(host)
    return is_local(url) or host.endswith(_PRIVATE_SUFFIXES)


def stage_of(url: str) -> str | None:
    """Why the server is none that callers should use: words for a message, or None."""
    if is_local(url):
        return "the machine of a developer"
    if is_private(url):
        return "in a private network"
    words = {word for label in host_of(url).split(".")[:-2] for word in _LABEL_WORD.findall(label)}
    stages = sorted(words & _STAGES)
    return f"an environment called {stages[0]}" if stages else None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_documentation(host: str) -> bool:
    """Addresses that are reserved for examples (RFC 5737, RFC 3849)."""
    return host.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))
