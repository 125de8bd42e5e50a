"""One run of the demo: from starting its processes to what a person may try next."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import signal
import sys
from pathlib import Path

import uvloop

from gatepost.cli import terminal
from gatepost.cli.demo_measure import Measured, measure
from gatepost.cli.demo_processes import receiver, service
from gatepost.client.aio import AsyncClient
from gatepost.clock import SystemClock
from gatepost.crypto.secret import Secret

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(count: int, data: Path, scratch: Path, *, as_json: bool, stay: bool) -> None:
    """Runs the demo on a data directory that does not exist yet; ends the program with 1 when it went wrong."""
    try:
        uvloop.run(_demo(count, data, scratch, as_json=as_json, stay=stay))
    except asyncio.CancelledError:
        terminal.fail("the demo was stopped before its end", "run it again")


async def _demo(count: int, data: Path, scratch: Path, *, as_json: bool, stay: bool) -> None:
    _end_on_signals(asyncio.get_running_loop())
    terminal.notice("Starting a service, and a receiver that verifies every signature ...")
    async with (
        receiver() as receiving,  # ends last, so that the service can drain to it
        service(data, scratch) as (url, key),
        AsyncClient(url, api_key=key) as client,
    ):
        with terminal.progress({"accepted": count, "delivered": count}) as show:
            measured = await measure(client, receiving, count, data, SystemClock(), show)
        _print(measured, as_json)
        if stay:
            _invite(url, key)
            await _forever()
    if not measured.sound:
        terminal.fail("not every notification arrived and was verified", "run it again with --data-dir and look there")


def _end_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """A signal cancels the demo, which then ends its children in order."""
    (demo_itself,) = asyncio.all_tasks(loop)
    for number in END_SIGNALS:
        loop.add_signal_handler(number, demo_itself.cancel)


async def _forever() -> None:
    """Returns when a signal cancels the demo: by now that is how it is meant to end."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        terminal.notice("Stopping ...")


def _print(measured: Measured, as_json: bool) -> None:
    if as_json:
        terminal.document(measured)
        return
    counts = {
        "accepted": f"{measured.accepted_per_s:,.0f} a second, over HTTP",
        "on_disk": "counted in the database file",
        "delivered": f"{measured.delivered_per_s:,.0f} a second, as webhooks",
        "verified": "signatures checked by the receiver, with the standardwebhooks package",
        "lost": "accepted, and never seen by the receiver",
        "duplicates": "seen by the receiver more than once",
    }
    rows = [(name.replace("_", " "), f"{getattr(measured, name):,}", what) for name, what in counts.items()]
    rows += [
        (f"p{part}", f"{getattr(measured, f'p{part}_ms'):,.0f} ms", "from accept to delivered, all sent at once")
        for part in (50, 95, 99)
    ]
    terminal.table(("", "measured", ""), rows, right=("measured",))


def _invite(url: str, key: Secret[str]) -> None:
    """Says what to try next, each line ready to be pasted."""
    words = ["airports.demo", "airport.listed", '{"hello":"world"}']
    body = '{"topic":"%s","type":"%s","payload":%s}' % tuple(words)  # noqa: UP031 - braces are JSON's here
    headers = [f"Authorization: Bearer {key.reveal()}", "Content-Type: application/json"]
    curl = ["curl", "-sS", f"{url}/v1/notifications", *(part for each in headers for part in ("-H", each)), "-d", body]
    for what, line in (
        ("The service stays up until Ctrl-C. Its key, made for this run:", key.reveal()),
        ("Send one with curl:", shlex.join(curl)),
        (
            "Or with gatepost:",
            f"GATEPOST_API_KEY={key.reveal()} {shlex.join([*_command(), 'send', *words, '--url', url])}",
        ),
        ("The description of the whole API:", f"{url}/openapi.json"),
    ):
        terminal.line(what)
        terminal.line(f"  {line}")


def _command() -> list[str]:
    """How this program is called from here."""
    if Path("gatepost").is_file():
        return ["./gatepost"]
    return ["gatepost"] if shutil.which("gatepost") else [sys.executable, "-m", "gatepost.cli.main"]
