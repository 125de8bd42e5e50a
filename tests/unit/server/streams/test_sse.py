"""Server-sent events on the wire, and how a connection ends."""

from __future__ import annotations

import msgspec

from gatepost.server.streams.connection import MAX_UNSENT_BYTES
from tests.unit.server.streams.scene import Event, Scene, events, received, turns


async def test_the_head_forbids_caching_and_the_first_block_says_where_we_are(scene: Scene) -> None:
    await scene.accept()
    _, tape = scene.listen()
    head, _, _ = bytes(tape.written).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
    assert b"\r\ncache-control: no-store\r\n" in head
    assert b"access-control-allow-origin" not in head
    first = events(tape)[0]
    assert (first.id, first.retry, first.data) == (str(scene.position(1)), "2000", None)


async def test_a_payload_over_several_lines_is_one_line_and_the_same_value(scene: Scene) -> None:
    payload = b'{\r\n  "a": [1,\n 2],\r"b": "x\\ny"\n}'
    _, tape = scene.listen()
    notification = await scene.accept(payload=payload)
    await turns()
    event = events(tape)[-1]
    assert event.id == str(scene.position(1))
    assert event.data["data"] == msgspec.json.decode(payload)
    assert (event.data["id"], event.data["topic"], event.data["type"]) == (notification.id, "orders", "order.paid")


async def test_a_silent_stream_gets_signs_of_life_that_move_its_place_on(scene: Scene) -> None:
    stream, tape = scene.listen("quiet")
    await scene.accept("loud")
    stream.beat()
    assert len(events(tape)) == 1, "something was sent since the last beat"
    stream.beat()
    assert events(tape)[-1] == Event(str(scene.position(1)), "message", None, None)


async def test_a_sign_of_life_never_overtakes_what_is_owed(scene: Scene) -> None:
    stream, tape = scene.listen()
    stream.beat()
    await scene.accept()
    stream.beat()
    assert [event.id for event in events(tape)[1:]] == [str(scene.position(1))] * 2
    assert events(tape)[1].data
    await turns()
    assert received(tape) == [1]


async def test_a_listener_that_does_not_read_is_cut_off_with_a_reason_and_others_go_on(scene: Scene) -> None:
    _, slow = scene.listen()
    _, quick = scene.listen()
    slow.unread = MAX_UNSENT_BYTES + 1
    await scene.accept()
    await turns()
    await scene.accept()
    await turns()
    assert events(slow)[-1].data == {"reason": "too slow: too much was left unread", "code": 4008}
    assert slow.is_closed
    assert received(quick) == [1, 2]


async def test_a_listener_that_never_reads_anything_is_found_by_the_heartbeat(scene: Scene) -> None:
    stream, tape = scene.listen()
    stream.beat()
    tape.unread = MAX_UNSENT_BYTES + 1
    stream.beat()
    assert tape.is_closed


async def test_a_stream_ends_with_its_credential(scene: Scene) -> None:
    _, tape = scene.listen(until=scene.clock.now())
    await turns()
    assert events(tape)[-1].data == {"reason": "the credential has expired", "code": 4009}
    assert tape.is_closed


async def test_an_end_is_said_once(scene: Scene) -> None:
    stream, tape = scene.listen()
    stream.shutdown()
    scene.hub.close()
    stream.connection_lost()
    assert [event.name for event in events(tape)].count("end") == 1


async def test_a_page_that_is_allowed_may_read(scene: Scene) -> None:
    _, tape = scene.listen(origin="https://app.example")
    assert b"\r\naccess-control-allow-origin: https://app.example\r\n" in tape.written
