"""Reads a stream of server-sent events (WHATWG HTML section 9.2). Bytes in, events out; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gatepost.errors import GarbledAnswer

MAX_EVENT_BYTES = 1024 * 1024
"""Bytes of one line, and characters of one event: sixteen times the largest payload of Gatepost."""

MAX_RETRY_DIGITS = 9
"""Digits of a `retry` that is believed: milliseconds up to eleven days."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Event(Struct, frozen=True):
    """One event. `id` is the last one that the stream has told, in this event or before."""

    type: str
    data: str
    id: str


class EventStream:
    """Takes a stream apart as it comes, however it is cut into portions.

    `last_event_id` is where to go on when the stream breaks; `retry_ms` is how long the other side wants us to wait
    before, in milliseconds, or None if it did not say.
    """

    def __init__(self) -> None:
        self.last_event_id = ""
        self.retry_ms: int | None = None
        self._partial = bytearray()
        self._at_start = True
        self._after_cr = False
        self._begin("")

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are complete with these bytes. Raises `GarbledAnswer` for a line or event without an end."""
        for line in self._lines(data):
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif event := self._dispatch():
                yield event

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines that are complete now. A line that ends in CR is complete at once; its LF may come later."""
        if not data:
            return []
        fresh = data.removeprefix(b"\n") if self._after_cr else data
        self._after_cr = data.endswith(b"\r")
        first, *others = _LINE_END.split(fresh)
        self._partial += first
        if len(self._partial) > MAX_EVENT_BYTES:
            raise GarbledAnswer(f"the stream has a line of more than {MAX_EVENT_BYTES} bytes")
        if not others:
            return []
        lines = [self._unmarked(bytes(self._partial)), *others[:-1]]
        self._partial = bytearray(others[-1])
        return lines

    def _unmarked(self, line: bytes) -> bytes:
        if not self._at_start:
            return line
        self._at_start = False
        return line.removeprefix(_BYTE_ORDER_MARK)

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")  # a comment is a field without a name
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._add(value)
            case "event":
                self._type = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) <= MAX_RETRY_DIGITS:
                self.retry_ms = int(value)

    def _add(self, value: str) -> None:
        self._size += len(value) + 1
        if self._size > MAX_EVENT_BYTES:
            raise GarbledAnswer(f"the stream has an event of more than {MAX_EVENT_BYTES} characters")
        self._data.append(value)

    def _dispatch(self) -> Event | None:
        self.last_event_id = self._id
        event = Event(self._type or "message", "\n".join(self._data), self._id) if self._data else None
        self._begin(self._id)
        return event

    def _begin(self, last_id: str) -> None:
        self._id = last_id
        self._type = ""
        self._data: list[str] = []
        self._size = 0
