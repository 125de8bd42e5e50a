"""The test servers are as strict as those of an operator should be."""

from __future__ import annotations

import http.client
import ssl
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from server_table import HOST, Instance
from tests.real_servers import Nginx


def client(at: Instance, **changes: object) -> Redis:
    """A client that shows everything the server asks for, but for the changes."""
    settings: dict[str, object] = {
        "host": HOST,
        "port": at.port,
        "username": at.user,
        "password": at.password,
        "ssl": True,
        "ssl_ca_certs": at.ca,
        "ssl_certfile": at.certificate,
        "ssl_keyfile": at.key,
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": 5,
    }
    return Redis(**(settings | changes))  # type: ignore[arg-type]


def test_redis_answers_a_client_that_shows_certificate_and_password(redis_server: Instance) -> None:
    with client(redis_server) as redis:
        assert redis.ping()
        redis.set("gp:test", "value", ex=10)
        assert redis.get("gp:test") == b"value"


def test_redis_refuses_plaintext(redis_server: Instance) -> None:
    plain = Redis(host=HOST, port=redis_server.port, retry=Retry(NoBackoff(), 0), socket_timeout=5)
    with plain, pytest.raises(RedisConnectionError):
        plain.ping()


def test_redis_refuses_a_client_without_certificate(redis_server: Instance) -> None:
    with client(redis_server, ssl_certfile=None, ssl_keyfile=None) as redis, pytest.raises(RedisConnectionError):
        redis.ping()


def test_redis_refuses_a_wrong_password(redis_server: Instance) -> None:
    with client(redis_server, password="wrong") as redis, pytest.raises(AuthenticationError):
        redis.ping()


def test_redis_refuses_its_default_user(redis_server: Instance) -> None:
    with client(redis_server, username=None, password=None) as redis, pytest.raises(AuthenticationError):
        redis.ping()


def test_redis_refuses_keys_of_others(redis_server: Instance) -> None:
    with client(redis_server) as redis, pytest.raises(NoPermissionError):
        redis.set("other:key", "value")


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.path} {self.headers['X-Forwarded-Proto']} {self.headers['X-Forwarded-For']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Test output stays readable."""


@pytest.fixture
def upstream() -> Iterator[int]:
    with ThreadingHTTPServer((HOST, 0), Echo) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_nginx_passes_requests_on_over_tls(nginx: Nginx, upstream: int) -> None:
    with nginx.proxy(upstream) as port:
        connection = nginx.connect(port)
        connection.request("GET", "/a?b=c")
        assert connection.getresponse().read() == b"/a?b=c https 127.0.0.1"
        connection.close()


def test_nginx_is_not_trusted_by_anyone_else(nginx: Nginx) -> None:
    stranger = http.client.HTTPSConnection(HOST, nginx.instance.port, timeout=5, context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.connect()


def test_only_the_owner_may_read_keys_and_passwords(redis_server: Instance) -> None:
    home = Path(redis_server.directory)
    for path in (home.parent, home / "redis.conf", Path(redis_server.key)):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
