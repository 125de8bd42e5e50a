"""Reads settings from text. Each function raises `ValueError` with a sentence that says what it expects."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path

from gatepost.errors import InvalidSetting
from gatepost.guard.limits import Rate

KEY_FORMS = ("file", "directory", "env", "passphrase-file", "passphrase-env")
"""Where a key may come from."""

_SPAN_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SIZE_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SHORTEST_SPAN_S = 0.001  # times are kept in whole milliseconds
_MAX_PORT = 65_535
_LOOPBACK_NAME = "localhost"


def path(text: str) -> Path:
    if not text:
        raise ValueError("must name a file or directory")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{text!r} names a user that does not exist") from None


def optional_path(text: str) -> Path | None:
    return path(text) if text else None


def host(text: str) -> str:
    """An address literal; `localhost` is taken as 127.0.0.1. A name could change its meaning after the check."""
    text = "127.0.0.1" if text == _LOOPBACK_NAME else text
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address") from None


def port(text: str) -> int:
    number = count(text)
    if number > _MAX_PORT:
        raise ValueError(f"must be at most {_MAX_PORT}")
    return number


def count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def key_source(text: str) -> tuple[str, str] | None:
    """A form and a place, such as `file:/run/secrets/key`; nothing for the default."""
    form, colon, place = text.partition(":")
    if not text:
        return None
    if form not in KEY_FORMS or not colon or not place:
        raise ValueError(f"must be one of {', '.join(f'{form}:...' for form in KEY_FORMS)}")
    return form, place


def boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def span(text: str) -> float:
    """A span of time in seconds, written such as `250ms`, `5s`, `15m`, `2h` or `30d`."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)", text)
    seconds = 0.0 if match is None else float(match[1]) * _SPAN_UNITS[match[2]]
    if seconds < _SHORTEST_SPAN_S:
        raise ValueError(f"{text!r} is no span of time such as 250ms, 5s, 15m, 2h or 30d")
    return seconds


def size(text: str) -> int:
    """An amount of bytes, written such as `512MiB`."""
    match = re.fullmatch(r"([0-9]{1,15})(|B|KiB|MiB|GiB|TiB)", text)
    if match is None:
        raise ValueError(f"{text!r} is no size such as 512MiB or 4GiB")
    return int(match[1]) * _SIZE_UNITS[match[2]]


def networks(text: str) -> tuple[str, ...]:
    """Networks in CIDR form, comma-separated; may be empty."""
    try:
        return tuple(str(ip_network(part.strip())) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{error}; expected networks such as 10.1.0.0/16") from None


def origins(text: str) -> tuple[str, ...]:
    """Exact origins (RFC 6454), comma-separated; may be empty. There are no patterns that could match too much."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin):
            raise ValueError(f"{origin!r} is no origin such as https://app.example.com")
    return found


def rate(text: str) -> str:
    """A rate such as `100/s burst 200` or `5000/h`, checked here and built by the gate."""
    try:
        Rate.parse(text)
    except InvalidSetting as error:
        raise ValueError(error.detail) from None
    return text
