"""Where the key may travel."""

from __future__ import annotations

import pytest

from gatepost.client.service import locate
from gatepost.client.wire import Request
from gatepost.crypto.secret import Secret
from gatepost.errors import InsecureTransport, InvalidParameter, Unauthenticated


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEPOST_URL", raising=False)
    monkeypatch.delenv("GATEPOST_API_KEY", raising=False)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1", "http://example.org:8080", "http://localhost.example.org", "http://[2001:db8::1]:80"]
)
def test_the_key_does_not_cross_a_network_in_the_clear(url: str) -> None:
    with pytest.raises(InsecureTransport):
        locate(url, "k")
    assert locate(url, "k", allow_api_key_over_plain_http=True).key == Secret("k")


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://127.9.9.9", "127.9.9.9:80"),
        ("http://localhost", "localhost:80"),
        ("http://[::1]:81/", "[::1]:81"),
        ("https://example.org", "example.org:443"),
    ],
)
def test_loopback_and_tls_are_fine(url: str, authority: str) -> None:
    assert locate(url, "k").authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x",
        "example.org",
        "http://",
        "http://u:p@x",
        "https://x/?a=1",
        "https://x/#a",
        "https://x:99999",
        "http://[",
    ],
)
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameter):
        locate(url, "k")


def test_the_environment_fills_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_URL", "https://gatepost.example.org/gp/")
    monkeypatch.setenv("GATEPOST_API_KEY", "from-environment")
    service = locate(None, None)
    assert (service.host, service.port, service.prefix) == ("gatepost.example.org", 443, "/gp")
    assert service.key == Secret("from-environment")
    assert locate(None, Secret("given")).key == Secret("given")


@pytest.mark.parametrize("key", [None, "", "with\r\nline: break", "with é"])
def test_a_missing_or_mangled_key_is_refused(key: str | None) -> None:
    with pytest.raises(Unauthenticated):
        locate(None, key)


def test_the_key_shows_in_the_header_and_nowhere_else() -> None:
    service = locate("https://example.org", "gp_live_secret")
    assert service.headers(Request("GET", "/"))["authorization"] == "Bearer gp_live_secret"
    assert "gp_live_secret" not in repr(service)
