"""Settings read from text: what each kind takes, and that everything else is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.guard.limits import Rate
from gatepost.server import values


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (values.path, "data", Path("data")),
        (values.path, "~/data", Path.home() / "data"),
        (values.optional_path, "", None),
        (values.optional_path, "/etc/key.pem", Path("/etc/key.pem")),
        (values.host, "localhost", "127.0.0.1"),
        (values.host, "::1", "::1"),
        (values.host, "0.0.0.0", "0.0.0.0"),
        (values.port, "0", 0),
        (values.port, "65535", 65_535),
        (values.count, "0", 0),
        (values.count, "9" * 15, 10**15 - 1),
        (values.boolean, "true", True),
        (values.boolean, "false", False),
        (values.span, "1ms", 0.001),
        (values.span, "250ms", 0.25),
        (values.span, "0.5s", 0.5),
        (values.span, "15m", 900.0),
        (values.span, "2h", 7200.0),
        (values.span, "30d", 2_592_000.0),
        (values.size, "7", 7),
        (values.size, "7B", 7),
        (values.size, "512MiB", 512 * 2**20),
        (values.size, "4GiB", 4 * 2**30),
        (values.size, "1TiB", 2**40),
        (values.networks, "", ()),
        (values.networks, "10.1.0.0/16, fd00::/8,192.0.2.7", ("10.1.0.0/16", "fd00::/8", "192.0.2.7/32")),
        (values.rate, "100/s", "100/s"),
        (values.rate, "100/s burst 200", "100/s burst 200"),
        (values.rate, "5000/h", "5000/h"),
    ],
)
def test_what_is_taken(parse: Callable[[str], Any], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (values.path, ""),
        (values.path, "~nobody-of-this-name/x"),
        (values.host, ""),
        (values.host, "example.com"),
        (values.host, "127.0.0.1:80"),
        (values.host, "0"),
        (values.port, "65536"),
        (values.port, "-1"),
        (values.port, ""),
        (values.count, "1e3"),
        (values.count, "1_000"),
        (values.count, " 1"),
        (values.count, "\u0661"),
        (values.count, "9" * 16),
        (values.boolean, "True"),
        (values.boolean, "1"),
        (values.boolean, ""),
        (values.span, "5"),
        (values.span, "0s"),
        (values.span, "0.4ms"),
        (values.span, "-5s"),
        (values.span, "5 s"),
        (values.span, "5w"),
        (values.span, "1" * 400 + "d"),
        (values.size, "4GB"),
        (values.size, "1.5MiB"),
        (values.size, "-1"),
        (values.size, "9" * 16),
        (values.networks, "10.1.2.3/16"),
        (values.networks, "intranet"),
        (values.networks, "10.0.0.0/33"),
        (values.rate, "100"),
        (values.rate, "0/s"),
        (values.rate, "100/day"),
        (values.rate, "100/s burst"),
    ],
)
def test_what_is_refused(parse: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert str(caught.value)


@pytest.mark.parametrize("text", ["7/s", "7/min", "7/h", "7/s burst 9", "7/min burst 9"])
def test_every_rate_that_is_taken_can_be_built_by_the_limiter(text: str) -> None:
    assert Rate.parse(values.rate(text)).count == 7
