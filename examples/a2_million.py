"""Sends a million notifications, counts every webhook that arrives, and shows the table.

Run:

    python examples/a2_million.py

It starts a service of its own on a temporary directory and needs `gatepost[server,cli]` for it. For one that runs
already (with `--allow-networks 127.0.0.0/8`, as the receiver is on this machine), and for fewer notifications:

    GATEPOST_API_KEY=$(cat first-key) python examples/a2_million.py --running --notifications 20000

Protects: the receiver is a process of its own and counts by `webhook-id`, so what was lost or came twice shows. What
is sent is made while it is sent: the memory stays the same for any number.

Does not protect: the receiver believes everything; a real one verifies signatures (`a1_webhook_receiver.py`). The
figures are of a machine that also runs the receiver and the sender.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httptools

from gatepost import AsyncClient, NewNotification
from gatepost.client.results import Progress
from gatepost.errors import GatepostError

STALLED_S = 30.0
"""Seconds without one more delivery after which the rest counts as lost."""

LOOK_S = 0.5
"""Seconds between two looks at how far it is."""


# The receiver, in its own process


class Tally:
    """Webhooks that came, and their ids: as numbers, which take half the memory of texts."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.received = 0

    def add(self, webhook_id: bytes) -> None:
        self.received += 1
        self.seen.add(int(webhook_id.removeprefix(b"ntf_"), 16))


class Receiver(asyncio.Protocol):
    """Answers every webhook with 204."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"webhook-id":
            self.tally.add(value)

    def on_message_complete(self) -> None:
        self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def receive() -> None:
    """Says its port, then how many came, each time a line is read; ends when there are no more."""
    loop = asyncio.get_running_loop()
    tally = Tally()
    server = await loop.create_server(lambda: Receiver(tally), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    while await asked.readline():
        print(json.dumps([len(tally.seen), tally.received]), flush=True)


# The two other processes


@asynccontextmanager
async def running(*command: str, directory: Path | None = None) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=PIPE, stdout=PIPE, cwd=directory)
    try:
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def line_of(process: Process) -> str:
    assert process.stdout
    line = (await process.stdout.readline()).decode().strip()
    return line or sys.exit("a process that is needed here has ended; see above")


@asynccontextmanager
async def own_service(directory: Path) -> AsyncIterator[AsyncClient]:
    key_file = directory / "first-key"
    serve = ("-m", "gatepost.cli.main", "serve", "--port", "0", "--data-dir", "data", "--first-key-file", "first-key")
    async with running(*serve, "--allow-networks", "127.0.0.0/8", directory=directory) as process:
        while "listening on " not in (line := await line_of(process)):
            pass
        key = await asyncio.to_thread(key_file.read_text)
        async with AsyncClient(line.removeprefix("listening on "), api_key=key.strip()) as gatepost:
            yield gatepost


# The run


class Run:
    """One run: sends, looks on until everything arrived, and says how it went."""

    def __init__(self, gatepost: AsyncClient, receiver: Process, count: int) -> None:
        self.gatepost = gatepost
        self.receiver = receiver
        self.count = count
        self.topic = f"million.{secrets.token_hex(4)}"
        self.accepted = self.delivered = self.received = 0
        self.accepted_s = self.delivered_s = 0.0

    async def go(self) -> None:
        started = time.monotonic()
        looking = asyncio.create_task(self.look_on(started))
        async for result in self.gatepost.send_many(self.notifications(), progress=self.note):
            if result.problem is not None:
                print(f"refused: {result.problem.detail}", file=sys.stderr)
        self.accepted_s = time.monotonic() - started
        await looking

    def notifications(self) -> Iterator[NewNotification]:
        for number in range(self.count):
            yield NewNotification(self.topic, "order.paid", {"order": number, "total": "19.90", "currency": "EUR"})

    def note(self, progress: Progress) -> None:
        self.accepted = progress.accepted

    async def look_on(self, started: float) -> None:
        """Until all have arrived, or nothing has for too long."""
        newest = time.monotonic()
        while self.delivered < self.count and time.monotonic() - newest < STALLED_S:
            await asyncio.sleep(LOOK_S)
            before = self.delivered
            self.delivered, self.received = await self.ask()
            if self.delivered > before:
                newest = time.monotonic()
                self.delivered_s = newest - started
            if sys.stderr.isatty():
                print(f"\raccepted {self.accepted:,}  delivered {self.delivered:,} ", end="", file=sys.stderr)
        if sys.stderr.isatty():
            print(file=sys.stderr)

    async def ask(self) -> tuple[int, int]:
        assert self.receiver.stdin
        self.receiver.stdin.write(b"\n")
        delivered, received = json.loads(await line_of(self.receiver))
        return delivered, received

    def table(self) -> dict[str, str]:
        return {
            "accepted": f"{self.accepted:,}",
            "delivered": f"{self.delivered:,}",
            "lost": f"{self.accepted - self.delivered:,}",
            "came twice": f"{self.received - self.delivered:,}",
            "accepted in": pace(self.accepted, self.accepted_s),
            "delivered in": pace(self.delivered, self.delivered_s),
        }


async def main() -> None:
    words = argparse.ArgumentParser(description="Sends a million notifications and counts what arrives.")
    words.add_argument("--notifications", type=int, default=1_000_000, metavar="N")
    words.add_argument("--running", action="store_true", help="use the service at GATEPOST_URL")
    chosen = words.parse_args()
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(running(__file__, "--receive"))
        url = f"http://127.0.0.1:{await line_of(receiver)}/"
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gatepost = await stack.enter_async_context(AsyncClient() if chosen.running else own_service(directory))
        run = Run(gatepost, receiver, chosen.notifications)
        endpoint = await gatepost.create_endpoint(url, topics=[run.topic], description="counts a million")
        try:
            await run.go()
        finally:
            await gatepost.delete_endpoint(endpoint.id)
        table = run.table() | ({} if chosen.running else {"on disk": size_of(directory / "data")})
    for name, text in table.items():
        print(f"{name:<13} {text}")
    if run.delivered != chosen.notifications:
        sys.exit("not everything arrived")


def pace(count: int, seconds: float) -> str:
    return f"{seconds:,.1f} s, {count / max(seconds, LOOK_S):,.0f} a second"


def size_of(directory: Path) -> str:
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    return f"{size / 2**20:,.0f} MiB"


if __name__ == "__main__":
    try:
        asyncio.run(receive() if "--receive" in sys.argv else main())
    except KeyboardInterrupt:
        sys.exit("stopped")
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
