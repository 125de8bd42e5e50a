"""`gatepost send`: one notification from arguments, or any number from a file or stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

from typer import Argument, BadParameter, Option

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import Json, KeyFile, Url, moment
from gatepost.errors import GatepostError, InvalidParameter

if TYPE_CHECKING:
    import msgspec

    from gatepost.client.results import SendResult
    from gatepost.client.sync import Client

MAX_LISTED = 20
"""Refused notifications that are shown; more are only counted."""

_CHUNK_BYTES = 1024 * 1024


def send(
    topic: Annotated[
        str | None, Argument(metavar="TOPIC", help="Such as orders.eu. Without arguments, NDJSON is read.")
    ] = None,
    type: Annotated[str | None, Argument(metavar="TYPE", help="Such as order.paid.")] = None,
    payload: Annotated[str | None, Argument(metavar="PAYLOAD", help="Any JSON.")] = None,
    file: Annotated[
        Path | None,
        Option("--file", "-f", metavar="PATH", help="NDJSON: one notification a line. Without it, stdin is read."),
    ] = None,
    id: Annotated[str | None, Option(metavar="ID", help="Your own id: sent twice, it counts once.")] = None,
    idempotency_key: Annotated[
        str | None, Option(metavar="TEXT", help="Makes repeating this command harmless.")
    ] = None,
    deliver_at: Annotated[str | None, Option(metavar="TIME", help="Not before this time (RFC 3339).")] = None,
    expires_at: Annotated[str | None, Option(metavar="TIME", help="Not after this time.")] = None,
    ordering_key: Annotated[str | None, Option(metavar="TEXT", help="Those that share it arrive in order.")] = None,
    collapse_key: Annotated[str | None, Option(metavar="TEXT", help="Replaces those that share it and wait.")] = None,
    durability: Annotated[
        Literal["group", "memory"] | None, Option(help="group (usual): on disk before the answer.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Send one notification, or many as NDJSON.

    A line looks like {"topic":"orders.eu","type":"order.paid","payload":{"id":1}}; further fields are named like
    the options. Exits with 1 when anything was refused.
    """
    if topic is None:
        if any((id, idempotency_key, deliver_at, expires_at, ordering_key, collapse_key)):
            raise BadParameter("with NDJSON these options are fields of each line")
        with _opened(file) as (source, total), connect(url, key_file, patient=True) as client:
            _send_many(client, source, total, durability, as_json)
        return
    if type is None or payload is None or file is not None:
        raise BadParameter("give TOPIC, TYPE and PAYLOAD, or none of them and a file or stdin")
    with connect(url, key_file) as client:
        sent = client.send(
            topic,
            type,
            _json(payload),
            id=id,
            idempotency_key=idempotency_key,
            deliver_at=moment(deliver_at, "--deliver-at"),
            expires_at=moment(expires_at, "--expires-at"),
            ordering_key=ordering_key,
            collapse_key=collapse_key,
            durability=durability,
        )
    terminal.record(sent, as_json)
    if sent.deliveries == 0:
        terminal.notice("It was kept, but no endpoint wants this topic and type yet.")


class _Outcome:
    """Counts what became of many, and keeps the first that were refused."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused: list[dict[str, object]] = []
        self.refusals = 0

    def add(self, item: int, result: SendResult) -> None:
        if result.problem is None:
            self.accepted += 1
            return
        self.refusals += 1
        if self.refusals <= MAX_LISTED:
            self.refused.append({"item": item, "code": result.problem.code, "detail": result.problem.detail})


def _send_many(
    client: Client, source: BinaryIO, total: int | None, durability: Literal["group", "memory"] | None, as_json: bool
) -> None:
    outcome = _Outcome()
    with terminal.progress({"sent": total}) as report:
        results = client.send_many(
            _items(source), durability=durability, progress=lambda now: report("sent", now.accepted + now.refused)
        )
        try:
            for item, result in enumerate(results, 1):
                outcome.add(item, result)
        except GatepostError:
            terminal.notice(f"{outcome.accepted:,} notifications were accepted before this:")
            raise
    _report(outcome, as_json)


def _report(outcome: _Outcome, as_json: bool) -> None:
    counts = {"accepted": outcome.accepted, "refused": outcome.refusals}
    if as_json:
        terminal.document(counts | {"problems": outcome.refused})
    else:
        terminal.facts({name: f"{count:,}" for name, count in counts.items()})
        for refused in outcome.refused:
            terminal.notice("item {item}: {detail} ({code})".format_map(refused))
        if outcome.refusals > MAX_LISTED:
            terminal.notice(f"and {outcome.refusals - MAX_LISTED:,} more")
    if outcome.refusals:
        raise SystemExit(terminal.FAILED)


@contextmanager
def _opened(file: Path | None) -> Iterator[tuple[BinaryIO, int | None]]:
    """The lines to send, and how many there are, if that can be known."""
    if file is None:
        if sys.stdin.isatty():
            raise BadParameter("there is nothing to send: give TOPIC, TYPE and PAYLOAD, --file, or NDJSON on stdin")
        yield sys.stdin.buffer, None
        return
    try:
        with file.open("rb") as source:
            total = sum(chunk.count(b"\n") for chunk in iter(lambda: source.read(_CHUNK_BYTES), b""))
            source.seek(0)
            yield source, total
    except OSError as error:
        raise InvalidParameter(f"{file} cannot be read: {error.strerror}") from error


def _items(source: BinaryIO) -> Iterator[msgspec.Raw]:
    """Every line that is not blank, as the bytes it is: the service reads and judges it."""
    import msgspec

    for line in source:
        if stripped := line.strip():
            yield msgspec.Raw(stripped)


def _json(text: str) -> msgspec.Raw:
    import msgspec

    raw = text.encode("utf-8", "surrogateescape")
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise BadParameter(f"PAYLOAD is not JSON ({error}); a text needs quotes of its own: '\"hello\"'") from None
    return msgspec.Raw(raw)
