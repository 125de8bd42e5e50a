"""WebSocket (RFC 6455) without I/O: the handshake, what comes in, and frames to be sent.

`websockets` reads: masks, fragments, control frames and their bounds. Frames are written here, so that one event
for many listeners is framed once. Nothing is compressed: a context for each connection would cost more than the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol

from gatepost.errors import InvalidParameter

MAX_MESSAGE_BYTES = 64 * 1024
"""Bytes of one message of a client, its fragments together."""

_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89  # the first byte of an unfragmented frame (section 5.2)


def handshake(path: str, pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The answer to a request that opens a WebSocket (section 4.2). Raises `InvalidParameter` for any other."""
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
    request = Request(path, headers)
    response = ServerProtocol().accept(request)
    if response.status_code != 101:
        raise InvalidParameter("this address speaks WebSocket (RFC 6455), version 13, and nothing else")
    return bytes(response.serialize())


def text_frame(data: bytes) -> bytes:
    return _frame(_TEXT, data)


def ping_frame() -> bytes:
    return _frame(_PING, b"")


def close_frame(code: int, reason: str) -> bytes:
    """`reason` may be 123 bytes long."""
    return _frame(_CLOSE, struct.pack(">H", code) + reason.encode())


class Incoming:
    """What comes in on one connection."""

    __slots__ = ("_begun", "_protocol")

    def __init__(self) -> None:
        self._protocol = Protocol(Side.SERVER, state=State.OPEN, max_size=MAX_MESSAGE_BYTES)
        self._begun = bytearray()  # of a message in fragments

    @property
    def is_over(self) -> bool:
        """Whether the other side said goodbye or broke the rules: once `owed` is sent, nothing may follow."""
        return self._protocol.state is not State.OPEN

    def receive(self, data: bytes) -> list[str]:
        """The messages that are complete now, in order."""
        self._protocol.receive_data(data)
        found = [self._message(frame) for frame in self._protocol.events_received() if isinstance(frame, Frame)]
        return [message for message in found if message is not None]

    def owed(self) -> bytes:
        """What the rules say must be answered: pongs, and a close frame to another or to what broke the rules."""
        return b"".join(self._protocol.data_to_send())

    def _message(self, frame: Frame) -> str | None:
        if frame.opcode is Opcode.BINARY:
            self._protocol.fail(CloseCode.UNSUPPORTED_DATA, "send text")
        if self.is_over or frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return None
        self._begun += frame.data
        if not frame.fin:
            return None
        data, self._begun = self._begun, bytearray()
        try:
            return data.decode()
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "text is UTF-8")
            return None


def _frame(first: int, data: bytes) -> bytes:
    """One unmasked frame: only clients mask (section 5.1)."""
    size = len(data)
    if size < 126:
        return b"%c%c%b" % (first, size, data)
    if size < 1 << 16:
        return struct.pack(">BBH", first, 126, size) + data
    return struct.pack(">BBQ", first, 127, size) + data
