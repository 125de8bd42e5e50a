"""`gatepost listen` and `gatepost presence`: what comes in, live, and who listens."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NamedTuple

from typer import Argument, BadParameter, Option

from gatepost.cli import terminal
from gatepost.cli.connection import api_key, connect, secret_from
from gatepost.cli.options import Json, KeyFile, SecretFile, Url

if TYPE_CHECKING:
    from gatepost.cli.acknowledge import Acknowledger
    from gatepost.cli.forward import Forwarded, Forwarder
    from gatepost.client.aio import AsyncClient
    from gatepost.client.aio_subscription import AsyncSubscription
    from gatepost.client.following import Item
    from gatepost.client.results import Received
    from gatepost.crypto.secret import Secret

MAX_SHOWN = 120
"""Characters of a payload that are shown to people; `--json` gives all of it."""


def listen(
    topics: Annotated[
        list[str] | None, Argument(metavar="[TOPIC]...", help="Topics or patterns, such as 'orders.*'.")
    ] = None,
    subscription: Annotated[
        str | None,
        Option(metavar="NAME", help="Go on where this durable subscription stopped; topics make or change it."),
    ] = None,
    forward: Annotated[
        str | None,
        Option(metavar="URL", help="Post each to this address as a webhook; by a subscription until it is taken."),
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

    A broken connection is mended; nothing is missed or shown twice over it. A durable subscription goes on after the
    last one that was shown, or that the address of --forward answered with a 2xx, however long ago that was.
    """
    import asyncio

    if not topics and subscription is None:
        raise BadParameter("name topics, or a --subscription")
    if subscription is not None and position is not None:
        raise BadParameter("the service keeps the place of a --subscription; leave --position out")
    if secret_file is not None and forward is None:
        raise BadParameter("--secret-file signs what --forward posts")
    seconds = None if span is None else _seconds(span)
    forwarder = None if forward is None else _forwarder(forward, secret_from(secret_file))
    wanted = _Wanted(topics or [], subscription, position, name)
    show = _Shown(forwarder, as_json, count, insists=subscription is not None)
    with suppress(KeyboardInterrupt):
        asyncio.run(_listen(wanted, seconds, show, url, api_key(key_file)))
    if show.position and subscription is None and not as_json:
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


class _Wanted(NamedTuple):
    """What to listen to: topics, or by a durable subscription."""

    topics: list[str]
    subscription: str | None
    position: str | None
    name: str | None


class _Shown:
    """Shows what comes and keeps the place. `is_enough` once as many were shown as were asked for.

    Who `insists` forwards each until it is taken, and nothing behind it before.
    """

    def __init__(self, forwarder: Forwarder | None, as_json: bool, count: int | None, *, insists: bool) -> None:
        self.position: str | None = None
        self._forwarder = forwarder
        self._as_json = as_json
        self._left = count
        self._insists = insists

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
        forwarded = None if self._forwarder is None else await self._forward(self._forwarder, received)
        if self._as_json:
            terminal.json_line(fields if forwarded is None else fields | {"forwarded": forwarded})
        else:
            payload = _shortened(msgspec.json.encode(received.data).decode())
            terminal.line(f"{received.timestamp:%H:%M:%S}Z  {received.topic}  {received.type}  {payload}")
            if forwarded is not None:
                terminal.line(f"  {_answer(forwarded)}")
        if self._left is not None:
            self._left -= 1

    async def _forward(self, forwarder: Forwarder, received: Received) -> Forwarded:
        if not self._insists:
            return await forwarder.send(received)
        return await forwarder.send_until_taken(
            received,
            lambda failed, wait: terminal.notice(f"{received.id} {_answer(failed)}; again in {wait:.0f} s"),
        )


async def _listen(
    wanted: _Wanted, seconds: float | None, shown: _Shown, url: str | None, key: Secret[str] | None
) -> None:
    import asyncio

    from gatepost.client.aio import AsyncClient
    from gatepost.client.exchange import Retries

    async with AsyncClient(url, api_key=key, retries=Retries(attempts=2)) as client:
        try:
            async with asyncio.timeout(seconds) as limit:
                await _follow(client, wanted, shown)
        except TimeoutError:
            if not limit.expired():
                raise


async def _follow(client: AsyncClient, wanted: _Wanted, shown: _Shown) -> None:
    from gatepost.cli.acknowledge import Acknowledger

    if wanted.subscription is None:
        await _show_all(client.subscribe(wanted.topics, position=wanted.position, name=wanted.name), shown)
        return
    if wanted.topics:
        await client.put_subscription(wanted.subscription, topics=wanted.topics)
    subscription = client.subscribe(subscription=wanted.subscription, name=wanted.name)
    acknowledger = Acknowledger(subscription.ack)
    try:
        await _show_all(subscription, shown, acknowledger)
    finally:
        await acknowledger.finish()


async def _show_all(subscription: AsyncSubscription, shown: _Shown, acknowledger: Acknowledger | None = None) -> None:
    async with subscription:
        terminal.notice("Listening ...")
        async for item in subscription:
            await shown.show(item)
            if acknowledger is not None:
                acknowledger.handled(item.position)
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
