"""Follows a stream through every break: where to go on, how long to wait before, when to give up.

Nothing here does any I/O. A driver makes the `request`, tells how the answer begins, feeds what it reads, and tells how
it ended; then it makes the next request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gatepost.client.event_stream import Event, EventStream
from gatepost.client.exchange import Retries
from gatepost.client.results import DurableSubscription, Gap, Received
from gatepost.client.stream_calls import acknowledge
from gatepost.client.wire import Answer, Call, Request, Stream, service_error
from gatepost.clock import Clock
from gatepost.errors import Conflict, DeliveryFailed, GarbledAnswer, GatepostError, InvalidParameter

SILENCE_S = 45.0
"""Seconds of silence after which a stream counts as broken: the service gives a sign of life every 15."""

MAX_REFUSAL_BYTES = 64 * 1024
"""Bytes of an answer that is no stream: a problem document has a few hundred."""

MEDIA_TYPE = "text/event-stream"

MAX_PLACE_DIGITS = 18
"""Digits of a place in a log: all that a row number can have."""

TAKEN_OVER = 4011
"""Code of the end that another listener of the same durable subscription has caused."""

_MAY_PASS = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may work."""

Item: TypeAlias = Received | Gap


class Follower:
    """Decides for one subscription.

    Until the stream was open once, it gives up after as many attempts as `retries` allows. From then on it never
    gives up, except when the service refuses for good.
    """

    def __init__(self, stream: Stream, retries: Retries, clock: Clock) -> None:
        self._stream = stream
        self._position = stream.position
        self._retries = retries
        self._clock = clock
        self._attempts = 0
        self._delay = 0.0
        self._was_live = False
        self._given = ("", 0)
        self._begin_answer(0, {})

    @property
    def is_live(self) -> bool:
        """Whether the service listens for us by now: nothing from here on is missed."""
        return self._was_live

    @property
    def request(self) -> Request:
        """The request that goes on where the stream broke."""
        query = dict(self._stream.query)
        if self._position and self._stream.subscription is None:
            query["last_event_id"] = self._position
        headers = (("accept", MEDIA_TYPE), ("cache-control", "no-store"))
        return Request("GET", f"{self._stream.path}?{urlencode(query)}", headers, delay=self._delay)

    def acknowledgement(self, position: str) -> Call[DurableSubscription]:
        """Says that everything up to `position` is done with. Raises `InvalidParameter`."""
        if self._stream.subscription is None:
            raise InvalidParameter("only a durable subscription is acknowledged; keep the position yourself")
        return acknowledge(self._stream.subscription, position)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer begins. Raises `GarbledAnswer` when it is a success but no stream."""
        self._begin_answer(status, headers)
        if status == 200 and headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise GarbledAnswer("what answered does not speak server-sent events; is this the address of Gatepost?")

    def feed(self, data: bytes) -> Iterator[Item]:
        """What the next bytes of the answer bring. Raises `GarbledAnswer`, and `Conflict` when another took over."""
        if self._status != 200:
            self._refusal += data
            if len(self._refusal) > MAX_REFUSAL_BYTES:
                raise GarbledAnswer(f"an answer of status {self._status} has more than {MAX_REFUSAL_BYTES} bytes")
            return
        for event in self._events.feed(data):
            if (item := _read(event)) is not None and self._is_new(item.position):
                yield item
        if self._events.last_event_id:
            self._position = self._events.last_event_id
            self._was_live = True
            self._attempts = 0

    def end(self, failure: DeliveryFailed) -> None:
        """The answer ended, or never came. Returns when the next request may help; raises what is final."""
        if isinstance(failure, GarbledAnswer):
            raise failure
        error: GatepostError = failure
        if self._status not in (0, 200):
            error = service_error(Answer(self._status, self._headers, bytes(self._refusal)))
        self._attempts += 1
        wait = self._wait(error.retry_after)
        given_up = self._attempts >= self._retries.attempts and not self._was_live
        if given_up or self._status not in _MAY_PASS | {0, 200} or wait > self._retries.max_wait:
            raise error
        self._delay = wait
        self._begin_answer(0, {})

    def _is_new(self, position: str) -> bool:
        """Whether it was not given before: a durable subscription gets again what it did not acknowledge."""
        if self._stream.subscription is None:
            return True
        epoch, place = _place(position)
        if epoch == self._given[0] and place <= self._given[1]:
            return False
        self._given = (epoch, place)
        return True

    def _wait(self, asked: float | None) -> float:
        if self._events.retry_ms is not None:
            self._retries = replace(self._retries, first_wait=self._events.retry_ms / 1000)
        usual = self._retries.wait(self._attempts, self._clock.jitter())
        return usual if asked is None else max(asked, usual)

    def _begin_answer(self, status: int, headers: Mapping[str, str]) -> None:
        self._status = status
        self._headers = headers
        self._refusal = bytearray()
        self._events = EventStream()


class _Notification(Struct):
    id: str
    type: str
    timestamp: datetime
    topic: str
    data: Any


class _Gap(Struct):
    reason: str = ""


class _End(Struct):
    reason: str = ""
    code: int = 0


_decode_notification = msgspec.json.Decoder(_Notification).decode
_decode_gap = msgspec.json.Decoder(_Gap).decode
_decode_end = msgspec.json.Decoder(_End).decode


def _place(position: str) -> tuple[str, int]:
    """A position's log, and its place in it."""
    epoch, _, place = position.rpartition("-")
    if not (place.isascii() and place.isdigit() and len(place) <= MAX_PLACE_DIGITS):
        raise GarbledAnswer("the stream has an event without a position")
    return epoch, int(place)


def _read(event: Event) -> Item | None:
    """What an event tells; nothing for kinds that a later service may send."""
    try:
        if event.type == "message":
            body = _decode_notification(event.data)
            return Received(event.id, body.id, body.topic, body.type, body.timestamp, body.data)
        if event.type == "gap":
            return Gap(event.id, _decode_gap(event.data).reason)
        if event.type == "end" and (end := _decode_end(event.data)).code == TAKEN_OVER:
            raise Conflict(end.reason)  # two that take it from each other for ever would help nobody
    except msgspec.DecodeError as error:
        raise GarbledAnswer(f"the stream has an event that cannot be read: {error}") from None
    return None
