"""Frames and messages, against the `websockets` package as the other side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from gatepost.errors import InvalidParameter
from gatepost.net.websocket import MAX_MESSAGE_BYTES, Incoming, close_frame, handshake, ping_frame, text_frame

SIZES = st.one_of(st.integers(0, 300), st.integers(65_000, 66_000))


def a_client() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://x/"), state=State.OPEN)


@given(SIZES)
def test_a_text_frame_of_any_size_is_read_as_it_was_written(size: int) -> None:
    client = a_client()
    client.receive_data(text_frame(b"x" * size))
    (frame,) = client.events_received()
    assert isinstance(frame, Frame)
    assert (frame.opcode, frame.fin, len(frame.data)) == (Opcode.TEXT, True, size)


def test_a_ping_is_answered_and_a_close_understood() -> None:
    client = a_client()
    client.receive_data(ping_frame() + close_frame(4008, "too slow"))
    assert client.close_rcvd == Close(4008, "too slow")
    incoming = Incoming()
    assert incoming.receive(b"".join(client.data_to_send())) == []
    assert incoming.is_over


@given(st.lists(st.text(max_size=200), max_size=5), st.data())
def test_messages_arrive_whole_and_in_order_however_they_are_cut(messages: list[str], data: st.DataObject) -> None:
    client = a_client()
    for message in messages:
        encoded = message.encode()
        cut = data.draw(st.integers(0, len(encoded)))
        client.send_text(encoded[:cut], fin=False)
        client.send_ping(b"between")
        client.send_continuation(encoded[cut:], fin=True)
    wire = b"".join(client.data_to_send())
    incoming, received = Incoming(), []
    step = data.draw(st.integers(1, 50))
    for start in range(0, len(wire), step):
        received += incoming.receive(wire[start : start + step])
    assert received == messages
    client.receive_data(incoming.owed())
    assert len(client.events_received()) == len(messages), "a pong for each ping"


@pytest.mark.parametrize("sizes", [[MAX_MESSAGE_BYTES + 1], [MAX_MESSAGE_BYTES, 1], [40_000, 40_000]])
def test_a_message_beyond_the_bound_ends_it(sizes: list[int]) -> None:
    client, incoming = a_client(), Incoming()
    client.send_text(b"x" * sizes[0], fin=len(sizes) == 1)
    for size in sizes[1:]:
        client.send_continuation(b"x" * size, fin=True)
    assert incoming.receive(b"".join(client.data_to_send())) == []
    assert incoming.is_over
    client.receive_data(incoming.owed())
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 1009


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes) -> None:
    incoming = Incoming()
    for start in range(0, len(data), 7):
        incoming.receive(data[start : start + 7])
    incoming.owed()


def test_only_a_handshake_is_answered() -> None:
    pairs = [
        (b"connection", b"keep-alive, Upgrade"),
        (b"upgrade", b"websocket"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"sec-websocket-extensions", b"permessage-deflate"),
    ]
    answer = handshake("/v1/ws", pairs)  # the example of RFC 6455 section 1.3
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"Extensions" not in answer
    for missing in range(4):
        with pytest.raises(InvalidParameter):
            handshake("/v1/ws", pairs[:missing] + pairs[missing + 1 :])
