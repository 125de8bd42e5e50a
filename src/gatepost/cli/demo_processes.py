"""The two other processes of the demo, which end with it whatever happens."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from gatepost.cli.demo_receiver import Order, Report
from gatepost.crypto.secret import Secret
from gatepost.errors import StartRefused

START_TIMEOUT_S = 30.0
"""Seconds for a process to say that it is ready: a cold start on a slow disk, not a hang."""

STOP_TIMEOUT_S = 30.0
"""Seconds for a process to end when it is asked to, before it is killed: longer than the service's own drain."""

READY = "listening on "


class ReceiverProcess:
    """The receiver, as the demo sees it."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self.url = f"http://127.0.0.1:{port}/"

    async def trust(self, secret: Secret[str]) -> None:
        """Hands over the signing secret; over a pipe, because arguments can be read by others."""
        await self._tell(Order(secret=secret.reveal()))

    async def report(self, *, with_latencies: bool = False) -> Report:
        return await self._tell(Order(with_latencies=with_latencies))

    async def _tell(self, order: Order) -> Report:
        pipe = cast("asyncio.StreamWriter", self._process.stdin)
        async with self._turn:
            pipe.write(msgspec.json.encode(order) + b"\n")
            return msgspec.json.decode(await _line(self._process, "the receiver"), type=Report)


@asynccontextmanager
async def receiver() -> AsyncIterator[ReceiverProcess]:
    """Runs the receiver on a free port of this machine."""
    async with _running(["-m", "gatepost.cli.demo_receiver"], Path.cwd()) as process:
        ready = msgspec.json.decode(await _line(process, "the receiver"), type=dict[str, int])
        yield ReceiverProcess(process, ready["port"])


@asynccontextmanager
async def service(data_dir: Path, scratch: Path) -> AsyncIterator[tuple[str, Secret[str]]]:
    """Runs the service on a free port; gives its URL and its first key. Its log goes to `scratch`.

    Both paths are absolute. Raises `StartRefused` with the last line of the log.
    """
    key_file, log_file = scratch / "first-key", scratch / "service.log"
    arguments = ["-m", "gatepost.cli.demo_service", "serve", "--port", "0", "--data-dir", str(data_dir)]
    arguments += ["--allow-networks", "127.0.0.0/8", "--first-key-file", str(key_file)]
    with log_file.open("wb") as log:
        async with _running(arguments, scratch, stderr=log) as process:
            try:
                url = await _url(process)
            except StartRefused as error:
                raise StartRefused(f"{error.detail}: {_last_line(log_file)}") from None
            yield url, Secret(key_file.read_text("ascii").strip())


@asynccontextmanager
async def _running(arguments: list[str], directory: Path, *, stderr: IO[bytes] | None = None) -> AsyncIterator[Process]:
    """A process that ends when its stdin does: with the demo, also when that is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        cwd=directory,
        env={name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")},
        start_new_session=True,  # Ctrl-C is for the demo, which then ends its children in order
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    cast("asyncio.StreamWriter", process.stdin).close()
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise


async def _url(process: Process) -> str:
    """Reads on until the service says where it listens."""
    while True:
        line = (await _line(process, "the service")).decode()
        if line.startswith(READY):
            return line.removeprefix(READY).strip()


async def _line(process: Process, name: str) -> bytes:
    pipe = cast("asyncio.StreamReader", process.stdout)
    try:
        line = await asyncio.wait_for(pipe.readline(), START_TIMEOUT_S)
    except TimeoutError:
        raise StartRefused(f"{name} of the demo said nothing for {START_TIMEOUT_S:g} s") from None
    if not line:
        raise StartRefused(f"{name} of the demo ended")
    return line


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it left no message"
