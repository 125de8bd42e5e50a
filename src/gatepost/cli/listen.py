"""`gatepost listen` and `gatepost presence`: what comes in, live, and who listens."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from typer import Argument, BadParameter, Option

from gatepost.cli import terminal
from gatepost.cli.connection import api_key, connect, secret_from
from gatepost.cli.options import Json, KeyFile, SecretFile, Url

if TYPE_CHECKING:
    from gatepost.cli.forward import Forwarded, Forwarder
    from gatepost.client.aio_subscription import AsyncSubscription
    from gatepost.client.following import Item
    from gatepost.client.results import Received
    from gatepost.crypto.secret import Secret

MAX_SHOWN = 120
"""Characters of a payload that are shown to people; `--json` gives all of it."""


def listen(
    topics: Annotated[list[str], Argument(metavar="TOPIC...", help="Topics or patterns, such as 'orders.*'.")],
    forward: Annotated[
        str | None, Option(metavar="URL", help="Post each to this address as a webhook; nothing is tried again.")
    ] = None,
    secret_file: SecretFile = None,
    position: Annotated[
        str | None, Option(metavar="POSITION", help="Begin after this place, with what was missed.")
    ] = None,
    count: Annotated[int | None, Option(min=1, metavar="N", help="End after so many.")] = None,
    span: Annotated[str | None, Option("--for", metavar="SPAN", help="End after this time, such as 30s.")] = None,
    name: Annotated[str | None, Option(metavar="NAME", help="What others see in `gatepost presence`.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON document a line and nothing else.")] = False,
) -> None:
    """Print notifications as they come, until Ctrl-C.

    A broken connection is mended; nothing is missed or shown twice over it.
    """
    import asyncio

    if secret_file is not None and forward is None:
        raise BadParameter("--secret-file signs what --forward posts")
    seconds = None if span is None else _seconds(span)
    forwarder = None if forward is None else _forwarder(forward, secret_from(secret_file))
    show = _Shown(forwarder, as_json, count)
    with suppress(KeyboardInterrupt):
        asyncio.run(_listen(topics, position, name, seconds, show, url, api_key(key_file)))
    if show.position and not as_json:
        terminal.notice(f"To go on from here: --position {show.position}")


def presence(
    topic: Annotated[str, Argument(metavar="TOPIC", help="The name of a topic.")],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Show who listens to a topic at the moment."""
    with connect(url, key_file) as client:
        terminal.record(client.presence(topic), as_json)


class _Shown:
    """Shows what comes and keeps the place. `is_enough` once as many were shown as were asked for."""

    def __init__(self, forwarder: Forwarder | None, as_json: bool, count: int | None) -> None:
        self.position: str | None = None
        self._forwarder = forwarder
        self._as_json = as_json
        self._left = count

    @property
    def is_enough(self) -> bool:
        return self._left == 0

    async def show(self, item: Item) -> None:
        from gatepost.client.results import Received

        if isinstance(item, Received):
            await self._show_notification(item)
        elif self._as_json:
            terminal.json_line({"gap": item.reason, "position": item.position})
        else:
            terminal.notice(f"Something is missing here: {item.reason}")
        self.position = item.position

    async def _show_notification(self, received: Received) -> None:
        import msgspec

        fields = msgspec.structs.asdict(received)
        forwarded = None if self._forwarder is None else await self._forwarder.send(received)
        if self._as_json:
            terminal.json_line(fields if forwarded is None else fields | {"forwarded": forwarded})
        else:
            payload = _shortened(msgspec.json.encode(received.data).decode())
            terminal.line(f"{received.timestamp:%H:%M:%S}Z  {received.topic}  {received.type}  {payload}")
            if forwarded is not None:
                terminal.line(f"  {_answer(forwarded)}")
        if self._left is not None:
            self._left -= 1


async def _listen(
    topics: list[str],
    position: str | None,
    name: str | None,
    seconds: float | None,
    shown: _Shown,
    url: str | None,
    key: Secret[str] | None,
) -> None:
    import asyncio

    from gatepost.client.aio import AsyncClient
    from gatepost.client.exchange import Retries

    async with AsyncClient(url, api_key=key, retries=Retries(attempts=2)) as client:
        try:
            async with asyncio.timeout(seconds) as limit:
                await _show_all(client.subscribe(topics, position=position, name=name), shown)
        except TimeoutError:
            if not limit.expired():
                raise


async def _show_all(subscription: AsyncSubscription, shown: _Shown) -> None:
    async with subscription:
        terminal.notice("Listening ...")
        async for item in subscription:
            await shown.show(item)
            if shown.is_enough:
                return


def _forwarder(url: str, secret: Secret[str] | None) -> Forwarder:
    from gatepost.cli.forward import Forwarder
    from gatepost.clock import SystemClock

    return Forwarder(url, secret, SystemClock())


def _seconds(text: str) -> float:
    from gatepost.server import values

    try:
        return values.span(text)
    except ValueError as error:
        raise BadParameter(f"--for: {error}") from None


def _shortened(payload: str) -> str:
    return payload if len(payload) <= MAX_SHOWN else f"{payload[: MAX_SHOWN - 3]}..."


def _answer(forwarded: Forwarded) -> str:
    answer = forwarded.error or f"{forwarded.status} {_shortened(forwarded.answer)}".rstrip()
    return f"-> {answer} ({forwarded.duration_ms} ms)"
