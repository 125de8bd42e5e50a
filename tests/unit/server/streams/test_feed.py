"""Catching up and going on live: nothing missed, nothing doubled, and a gap is told."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.notify.stream import Position
from tests.unit.server.streams.scene import Scene, Tape, a_scene, events, received, turns


async def test_what_was_missed_comes_before_what_is_new(scene: Scene) -> None:
    for _ in range(350):  # several portions of the log
        await scene.accept()
    _, tape = scene.listen(after=20)
    await scene.accept()
    await turns(50)
    assert received(tape) == list(range(21, 352))


async def test_topics_that_were_not_asked_for_are_passed_by(scene: Scene) -> None:
    for topic in ("orders", "invoices", "orders"):
        await scene.accept(topic)
    _, tape = scene.listen(after=0)
    await turns(5)
    assert received(tape) == [1, 3]


async def test_who_names_no_place_gets_only_what_is_new(scene: Scene) -> None:
    await scene.accept()
    _, tape = scene.listen()
    await scene.accept()
    await turns()
    assert received(tape) == [2]


async def test_what_is_no_longer_kept_is_told_and_never_half_given(scene: Scene) -> None:
    for _ in range(3):
        await scene.accept()
    await scene.forget()
    await scene.accept()
    _, tape = scene.listen(after=1)
    await turns(5)
    assert [event.name for event in events(tape)] == ["message", "gap", "message"]
    assert received(tape) == [4]


async def test_a_place_of_another_log_is_a_gap(scene: Scene) -> None:
    await scene.accept()
    assert not scene.source.recover(Position("0" * 16, 1)).complete
    assert not scene.source.recover(scene.position(2)).complete
    assert scene.source.recover(scene.position(1)).complete


async def test_retention_that_overtakes_a_listener_is_told(scene: Scene) -> None:
    for _ in range(250):
        await scene.accept()
    stream, tape = scene.listen(after=0)
    tape.readable.clear()  # it reads the first portion slowly
    await turns()
    await scene.forget()
    await scene.accept()
    tape.readable.set()
    await turns(20)
    names = [event.name for event in events(tape)]
    assert names.count("gap") == 1
    assert received(tape) == [*range(1, 101), 251]
    assert not stream._feeds[0]._catching_up


async def test_a_store_that_cannot_be_read_ends_the_listener(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise OSError("no such disk")

    await scene.accept()
    monkeypatch.setattr(scene.store, "read_log", broken)
    _, tape = scene.listen(after=0)
    await turns(5)
    assert events(tape)[-1].data == {"reason": "the service made a mistake; it was logged", "code": 1011}
    assert tape.is_closed
    assert "cannot be caught up" in caplog.text


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.sampled_from(["orders", "orders.eu", "other"])),
        st.tuples(st.just("listen"), st.integers(0, 30)),
        st.tuples(st.just("turn"), st.integers(1, 4)),
        st.tuples(st.just("forget"), st.none()),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_the_order_each_listener_gets_all_or_is_told(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(_play(Path(place), steps))


async def _play(place: Path, steps: list[tuple[str, Any]]) -> None:
    async with a_scene(place) as scene:
        heard: list[int] = []
        listeners: list[tuple[int, Tape]] = []
        for step, value in steps:
            if step == "accept":
                notification = await scene.accept(value)
                if value.startswith("orders"):
                    heard.append(notification.seq)
            elif step == "listen":
                after = min(value, scene.hub.published)
                listeners.append((after, scene.listen("orders", "orders.*", after=after)[1]))
            elif step == "turn":
                await turns(value)
            else:
                await scene.forget()
        await turns(20)
        for after, tape in listeners:
            _check(after, tape, heard)


def _check(after: int, tape: Tape, heard: list[int]) -> None:
    expected = [seq for seq in heard if seq > after]
    for event in events(tape):
        if event.name == "gap":
            kept_after = Position.parse(event.data["from"]).seq
            expected = [seq for seq in expected if seq > kept_after]
        elif event.data:
            seq = int(str(event.id).partition("-")[2])
            assert seq == expected.pop(0)
    assert not expected
