"""What the address of a server tells about where it stands."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.hosts import host_of, is_local, stage_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.example.com:8443/v1", "api.example.com"),
        ("//api.example.com/v1", "api.example.com"),
        ("/v1", ""),
        ("https://[::1]:8080/", "::1"),
        ("https://[::1", ""),
        ("https:///", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1/", "http://[::1]/", "http://api.localhost"])
def test_the_own_machine_is_local(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize(
    "url",
    ["https://staging.example.com", "https://api-dev.internal", "http://10.0.0.5", "https://api.qa2.example.com/v1",
     "http://localhost:3000", "http://0.0.0.0:80", "https://db.svc.cluster.local"],
)  # fmt: skip
def test_a_server_that_is_not_for_callers(url: str) -> None:
    assert stage_of(url) is not None


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com", "/", "https://sandbox.example.com", "https://contest.example.com", "https://dev.to/api",
     "https://8.8.8.8/", "https://203.0.113.7/", "https://{tenant}.example.com/", "https://latest.example.com"],
)  # fmt: skip
def test_a_server_that_may_be_for_callers(url: str) -> None:
    assert stage_of(url) is None
