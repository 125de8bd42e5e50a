"""Documents are fetched from a real server, within bounds, and from no address that is not allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gatepost.errors import AddressRefused, ConnectFailed, InvalidField, InvalidInput, TooLarge
from gatepost.guard.egress import EgressRules
from gatepost.probe.scan.reading import remote
from gatepost.probe.scan.reading.remote import Fetcher


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "/api.yaml")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        body = b"x" * remote.MAX_REMOTE_BYTES + b"x" if self.path == "/large" else b"openapi: 3.1.0\n"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_document_is_fetched(origin: str) -> None:
    assert Fetcher(None)(f"{origin}/api.yaml") == b"openapi: 3.1.0\n"


def test_private_addresses_are_refused_unless_their_network_is_allowed(origin: str) -> None:
    with pytest.raises(AddressRefused, match="loopback"):
        Fetcher(EgressRules())(f"{origin}/api.yaml")
    assert Fetcher(EgressRules.parse(["127.0.0.0/8"]))(f"{origin}/api.yaml")


def test_no_redirect_is_followed(origin: str) -> None:
    with pytest.raises(InvalidInput, match="answers 302"):
        Fetcher(None)(f"{origin}/moved")


def test_a_document_is_bounded(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        Fetcher(None)(f"{origin}/large")


def test_the_number_of_documents_is_bounded(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_REMOTE_DOCUMENTS", 1)
    fetch = Fetcher(None)
    fetch(f"{origin}/api.yaml")
    with pytest.raises(TooLarge, match="more than 1"):
        fetch(f"{origin}/api.yaml")


@pytest.mark.parametrize("url", ["http://user@example.com/", "http://127.1/", "ftp://example.com", "http://a b/"])
def test_what_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidField):
        Fetcher(None)(url)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ConnectFailed):
        Fetcher(None)("http://127.0.0.1:1/")
