r"""A service and its client that share a key: what goes over the wire, once plain and once sealed.

Run (starts uWSGI twice, shows what anybody on the way would read, and tries what an attacker would):

    pip install 'gatepost[server]' pyuwsgi requests
    export SHARED_KEY=$(openssl rand -base64 32)      # the same on both sides; without it the example makes one
    python examples/c3_shared_key_client_server.py

The service alone, sealed; `MODE=plain` turns that off, and there is no way to fall back by accident:

    cd examples && MODE=sealed uwsgi --http-socket 127.0.0.1:8000 --mount /=c3_shared_key_client_server:app \
        --manage-script-name

Protects: when sealed, nobody without the key reads or changes a request or an answer. Each is bound to its direction
and to the number of its request, so an answer fits one request only. A request that was recorded and sent again is
refused: it is too old, or its number was seen.

Does not protect: who talks to whom, when, and how much. Whoever steals the key reads all that was recorded before
(`c4_key_agreement.py` is better there). TLS does all this for a whole connection: seal what passes through proxies,
queues and logs in between that must not read it. The numbers seen are in the memory of one process.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from gatepost.clock import SystemClock, new_id
from gatepost.crypto import keytext
from gatepost.crypto.seals.message import SealKey, context
from gatepost.crypto.secret import Secret
from gatepost.errors import SealBroken

MAX_BODY_BYTES = 64 * 1024
MAX_AGE_MS = 60_000
MAX_SEEN = 100_000
TIMEOUT_S = 5

OPTIONS = (
    *("--manage-script-name", "--need-app", "--master", "--die-on-term", "--listen", "64"),
    *("--add-header", "Connection: close"),  # an http-socket takes one request a connection and does not say so
)

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

clock = SystemClock()
seen: dict[str, int] = {}  # numbers of requests, and when they came; the oldest first


def shared_key() -> SealKey:
    return SealKey(1, keytext.loads(Secret(os.environ["SHARED_KEY"])).reveal())


# The service


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    status, body = handle(environ)
    start_response(status, [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
    return [body]


def handle(environ: Environ) -> tuple[str, bytes]:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return "413 Content Too Large", b""
    body = environ["wsgi.input"].read(int(length))
    if os.environ["MODE"] == "plain":
        return "200 OK", order(body)
    return sealed_order(body, environ.get("HTTP_X_REQUEST", ""))


def order(body: bytes) -> bytes:
    wanted = json.loads(body)
    return json.dumps({"card": wanted["card"][-4:], "paid": wanted["amount"]}).encode()


def sealed_order(body: bytes, number: str) -> tuple[str, bytes]:
    key = shared_key()
    try:
        opened = json.loads(key.open(body, context("orders", "request", number)))
    except SealBroken:
        return "400 Bad Request", b"this request does not open"
    if not is_new(number, opened["at"]):
        return "409 Conflict", b"this request was sent before, or is too old"
    return "200 OK", key.seal(order(opened["body"].encode()), context("orders", "answer", number), clock)


def is_new(number: str, at: int) -> bool:
    """Numbers are forgotten when their requests are too old anyway, and never before."""
    now = clock.now()
    while seen and next(iter(seen.values())) < now - 2 * MAX_AGE_MS:
        del seen[next(iter(seen))]
    if abs(now - at) > MAX_AGE_MS or number in seen or len(seen) >= MAX_SEEN:
        return False
    seen[number] = now
    return True


# The client


class Client:
    """Sends orders, and remembers what went over the wire."""

    def __init__(self, url: str, mode: str) -> None:
        self.http = requests.Session()
        self.url = url
        self.mode = mode
        self.wire: list[bytes] = []

    def pay(self, wanted: dict[str, Any]) -> dict[str, Any]:
        body, number = json.dumps(wanted).encode(), new_id("req", clock)
        if self.mode == "sealed":
            envelope = json.dumps({"at": clock.now(), "body": body.decode()}).encode()
            body = shared_key().seal(envelope, context("orders", "request", number), clock)
        status, answer = self.post(body, number)
        if status != 200:
            raise RuntimeError(answer.decode())
        if self.mode == "sealed":
            answer = shared_key().open(answer, context("orders", "answer", number))
        paid: dict[str, Any] = json.loads(answer)
        return paid

    def post(self, body: bytes, number: str) -> tuple[int, bytes]:
        answer = self.http.post(self.url, data=body, headers={"X-Request": number}, timeout=TIMEOUT_S)
        self.wire += [body, answer.content]
        self.last = number
        return answer.status_code, answer.content


def converse(url: str, mode: str) -> None:
    client = Client(url, mode)
    print(f"{mode}: the answer is {client.pay({'card': '4111 1111 1111 1111', 'amount': '19.90'})}")
    for what, sent in zip(("request", "answer"), client.wire, strict=True):
        print(f"  {what} on the wire: {sent[:60]!r}")
    readable = any(b"4111" in sent for sent in client.wire)
    print(f"  the card number can be read on the way: {'yes' if readable else 'no'}")
    if mode == "sealed":
        attack(client)


def attack(client: Client) -> None:
    recorded, answer, number = client.wire[0], client.wire[1], client.last
    changed = recorded[:-1] + bytes([recorded[-1] ^ 1])
    for what, body, name in (
        ("sent again", recorded, number),
        ("changed", changed, number),
        ("renumbered", recorded, new_id("req", clock)),
        ("its answer sent as a request", answer, number),
    ):
        status, said = client.post(body, name)
        print(f"  {what}: {status} {said.decode()}")


@contextmanager
def serving(mode: str) -> Iterator[str]:
    """uWSGI on a free port, until the block ends."""
    found = shutil.which("uwsgi", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        sys.exit("uwsgi is not installed: pip install pyuwsgi")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = ["--http-socket", f"fd://{listener.fileno()}", "--mount", f"/={Path(__file__).stem}:app"]
        process = subprocess.Popen(
            [found, *options, *OPTIONS],
            cwd=Path(__file__).parent,
            env=os.environ | {"MODE": mode},  # the key is in the environment, where `ps` does not show it
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/orders"
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> None:
    os.environ.setdefault("SHARED_KEY", keytext.dumps(keytext.new(clock).reveal()))
    for mode in ("plain", "sealed"):
        with serving(mode) as url:
            converse(url, mode)


if __name__ == "__main__":
    main()
