"""The kinds of servers that the tests talk to; a further one is one more row and its two functions."""

from __future__ import annotations

import getpass
import http.client
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
ANSWER_LIMIT = 2.0
"""Seconds for one question about readiness; it is asked again until the server has had its time to start."""
SYSTEM_PROGRAMS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
"""Where servers are installed without being on everyone's PATH."""


@dataclass(frozen=True)
class Instance:
    """One running server: all that a client of it must know."""

    name: str
    port: int
    directory: str
    tls: str
    """The directory of the certificates: `ca.pem`, and `.pem` and `.key` of `server` and `client`."""
    user: str
    password: str = field(repr=False)
    pid: int = 0

    @property
    def ca(self) -> str:
        return f"{self.tls}/ca.pem"

    @property
    def certificate(self) -> str:
        return f"{self.tls}/client.pem"

    @property
    def key(self) -> str:
        return f"{self.tls}/client.key"

    def client_context(self) -> ssl.SSLContext:
        """Trusts the authority of the test servers alone and shows the client certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Program:
    """Something to install. A test that needs it starts it by itself."""

    name: str
    program: str
    package: str
    """Its name in Debian, Ubuntu and Homebrew."""

    def path(self) -> str | None:
        """Where the program is installed, if it is."""
        return shutil.which(self.program, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PROGRAMS}")


@dataclass(frozen=True)
class Server(Program):
    """One row of the table."""

    preferred_port: int
    """Below the ports that systems hand out by themselves, so that it is nearly always free."""
    configure: Callable[[Instance], list[str]]
    """Writes the configuration into the directory of the instance; returns the arguments of the program."""
    is_ready: Callable[[Instance], bool]
    """Asks for something that only a working server can answer; may raise OSError."""


def configure_redis(at: Instance) -> list[str]:
    """Clients need a certificate, a password, and keys that begin with `gp:`."""
    config = Path(at.directory, "redis.conf")
    config.write_text(f"""\
bind {HOST}
port 0
tls-port {at.port}
tls-cert-file {at.tls}/server.pem
tls-key-file {at.tls}/server.key
tls-ca-cert-file {at.ca}
tls-auth-clients yes
tls-protocols "TLSv1.2 TLSv1.3"
user default off
user {at.user} on >{at.password} ~gp:* &gp:* +@all -@dangerous
dir {at.directory}
save ""
set-proc-title no
""")
    return [str(config)]


def redis_is_ready(at: Instance) -> bool:
    with (
        socket.create_connection((HOST, at.port), ANSWER_LIMIT) as plain,
        at.client_context().wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        connection.sendall(f"AUTH {at.user} {at.password}\r\nPING\r\n".encode())
        answers = connection.makefile("rb")
        return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]


def configure_nginx(at: Instance) -> list[str]:
    """Tests drop server blocks of their own into `conf.d/`; the certificate of the http block serves those too."""
    Path(at.directory, "conf.d").mkdir()
    config = Path(at.directory, "nginx.conf")
    # Started by root, nginx would serve as a user who cannot enter a directory that only its owner may enter.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    config.write_text(f"""\
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    ssl_certificate {at.tls}/server.pem;
    ssl_certificate_key {at.tls}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen {HOST}:{at.port} ssl;
        return 200 "ready";
    }}
    include conf.d/*.conf;
}}
""")
    return ["-p", at.directory, "-c", str(config), "-e", "stderr"]


def nginx_is_ready(at: Instance) -> bool:
    connection = http.client.HTTPSConnection(HOST, at.port, timeout=ANSWER_LIMIT, context=at.client_context())
    try:
        connection.request("GET", "/")
        return connection.getresponse().read() == b"ready"
    finally:
        connection.close()


SERVERS = (
    Server("redis", "redis-server", "redis", 16379, configure_redis, redis_is_ready),
    Server("nginx", "nginx", "nginx", 18443, configure_nginx, nginx_is_ready),
)

CHROMIUM = Program("chromium", "chromium", "chromium")
PROGRAMS = (CHROMIUM, Program("node", "node", "nodejs"), Program("npm", "npm", "npm"))
