"""A receiver of webhooks as a process of its own, which notes each one in a file before it answers.

    python tests/e2e/webhook_log.py FILE

It prints its port. Each line of the file is the producer's own number and the webhook-id. `PUT /pace/20` makes it
take 20 milliseconds for every answer from then on; `PUT /hold` makes it keep them back, until a pace is set.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import httptools
import msgspec

from tests.e2e.raw_http import HOST, exchange, request

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Data(msgspec.Struct):
    number: int


class Webhook(msgspec.Struct):
    data: Data


_read = msgspec.json.Decoder(Webhook).decode


class Receiver:
    """What all connections share."""

    def __init__(self, log: BinaryIO) -> None:
        self.log = log
        self.pace_s: float | None = 0.0
        self.held: list[Connection] = []

    def command(self, path: bytes) -> None:
        if path == b"/hold":
            self.pace_s = None
        else:
            self.pace_s = int(path.removeprefix(b"/pace/")) / 1000
            for connection in self.held:
                connection.answer()
            self.held.clear()

    def take(self, connection: Connection, webhook_id: bytes, body: bytes) -> None:
        self.log.write(b"%d %b\n" % (_read(body).data.number, webhook_id))
        if self.pace_s is None:
            self.held.append(connection)
        else:
            asyncio.get_running_loop().call_later(self.pace_s, connection.answer)


class Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._path = b""
        self._id = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path = self._id = self._body = b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"webhook-id":
            self._id = value

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        if self._parser.get_method() == b"POST":
            self._receiver.take(self, self._id, self._body)
        else:
            self._receiver.command(self._path)
            self.answer()

    def answer(self) -> None:
        if self._transport is not None:
            self._transport.write(OK)


async def _serve(path: Path) -> None:
    with path.open("ab", buffering=0) as log:  # a line is in the file before its webhook is answered
        receiver = Receiver(log)
        server = await asyncio.get_running_loop().create_server(lambda: Connection(receiver), HOST, 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


class WebhookLog:
    """A running receiver, seen from a test: what it noted so far."""

    def __init__(self, path: Path, port: int) -> None:
        self.url = f"http://{HOST}:{port}/"
        self._port = port
        self._path = path
        self._read_to = 0
        self.count = 0
        self.ids: defaultdict[int, set[str]] = defaultdict(set)
        """Every webhook-id under which a number came."""

    def set_pace(self, milliseconds: int) -> None:
        exchange(self._port, request("PUT", f"/pace/{milliseconds}"))

    def hold(self) -> None:
        exchange(self._port, request("PUT", "/hold"))

    def read_on(self) -> None:
        """Takes over what was noted since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            lines = file.read().split(b"\n")[:-1]
        self._read_to += sum(len(line) + 1 for line in lines)
        for line in lines:
            number, webhook_id = line.decode().split(" ")
            self.ids[int(number)].add(webhook_id)
        self.count += len(lines)


@contextmanager
def receiving(path: Path) -> Iterator[WebhookLog]:
    """A receiver that notes into `path` until the test is over."""
    command = [sys.executable, "-m", "tests.e2e.webhook_log", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield WebhookLog(path, int(process.stdout.readline()))
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
