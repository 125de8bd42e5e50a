"""Durable subscriptions on a real store: what counts as done, and who takes over from whom."""

from __future__ import annotations

import pytest

from gatepost.errors import NotFound, StorageFull
from gatepost.guard.request import Principal
from gatepost.guard.scopes import parse_all
from gatepost.notify.subscription import Subscription, settled
from gatepost.server.streams.connection import MAX_UNSENT_BYTES
from gatepost.server.streams.feed import Feed, Outlet
from gatepost.server.streams.hub import Frame
from gatepost.server.streams.sse import EventStream
from gatepost.server.streams.subscriptions import Subscriptions
from tests.unit.server.streams.scene import KEY, TENANT, Scene, Tape, events, received, turns


class Desk:
    """Subscriptions of a scene, and one of them that is about orders."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.subscriptions = Subscriptions(scene.store, scene.source, scene.clock)

    async def make(self) -> None:
        await self.subscriptions.put(TENANT, "billing", ("orders",))

    async def listen(self) -> tuple[EventStream, Tape]:
        subscription = await self.shown()
        recovery = self.subscriptions.recovery(subscription)

        def feed(outlet: Outlet, frame: Frame) -> Feed:
            return self.subscriptions.feed(subscription, recovery, outlet, frame)

        tape = Tape()
        stream = EventStream(self.scene.source, Principal(TENANT, KEY, parse_all(["*:*"])), recovery, feed)
        stream.start(tape.take_over)
        return stream, tape

    async def acknowledge(self, seq: int) -> None:
        await self.subscriptions.acknowledge(TENANT, "billing", self.scene.position(seq))

    async def shown(self) -> Subscription:
        return await self.subscriptions.find(TENANT, "billing")

    async def places(self) -> tuple[int, int]:
        shown = await self.shown()
        return shown.acknowledged, shown.delivered


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    desk = Desk(scene)
    await desk.make()
    return desk


@pytest.mark.parametrize(
    ("acknowledged", "sent", "seen", "expected"),
    [(5, 5, 9, 9), (4, 5, 9, 4), (7, 5, 9, 9), (9, 5, 7, 9), (-1, 5, 9, -1)],
)
def test_only_who_is_done_with_all_it_was_sent_is_done_with_what_it_never_wanted(
    acknowledged: int, sent: int, seen: int, expected: int
) -> None:
    assert settled(acknowledged, sent, seen) == expected


async def test_progress_is_gathered_and_written_behind(scene: Scene, desk: Desk) -> None:
    commits = scene.store.totals.commits
    await desk.listen()
    for _ in range(5):
        await scene.accept()
    await turns()
    assert await desk.places() == (0, 0)
    await desk.subscriptions.note()
    assert await desk.places() == (0, 5)
    commits = scene.store.totals.commits
    await desk.subscriptions.note()
    assert scene.store.totals.commits == commits, "nothing moved, nothing is written"


async def test_what_was_owed_to_one_that_is_cut_off_does_not_count_as_sent(scene: Scene, desk: Desk) -> None:
    _, tape = await desk.listen()
    await scene.accept()
    await turns()
    await desk.acknowledge(1)
    tape.unread = MAX_UNSENT_BYTES + 1
    await scene.accept()
    await desk.subscriptions.note(everyone=True)
    assert tape.is_closed
    assert await desk.places() == (1, 1)
    _, again = await desk.listen()
    await turns(5)
    assert received(again) == [2]


async def test_who_rarely_gets_anything_is_told_of_no_gap(scene: Scene, desk: Desk) -> None:
    await desk.listen()
    for _ in range(5):
        await scene.accept("other")
    await desk.subscriptions.note(everyone=True)
    assert await desk.places() == (5, 5)
    await scene.forget()
    _, tape = await desk.listen()
    assert [event.name for event in events(tape)] == ["message"]


async def test_who_has_something_left_to_do_does_not_move_on(scene: Scene, desk: Desk) -> None:
    await desk.listen()
    await scene.accept()
    await scene.accept("other")
    await turns()
    await desk.subscriptions.note(everyone=True)
    assert await desk.places() == (0, 2)


async def test_a_gap_is_told_until_it_is_acknowledged(scene: Scene, desk: Desk) -> None:
    await scene.accept()
    await scene.forget()
    for _ in range(2):
        stream, tape = await desk.listen()
        await desk.subscriptions.note(everyone=True)
        assert [event.name for event in events(tape)] == ["message", "gap"]
        stream.connection_lost()
        await desk.subscriptions.note()
    await desk.acknowledge(1)
    _, tape = await desk.listen()
    assert [event.name for event in events(tape)] == ["message"]


async def test_a_newer_connection_takes_over_and_the_older_is_told(scene: Scene, desk: Desk) -> None:
    old, old_tape = await desk.listen()
    new, _ = await desk.listen()
    assert events(old_tape)[-1].data == {"reason": "another connection took the subscription over", "code": 4011}
    old.connection_lost()
    feed = desk.subscriptions.feed_of(TENANT, "billing")
    assert feed is not None
    assert feed.listener is new


async def test_a_full_disk_at_the_end_stops_nothing(
    scene: Scene, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(_: object) -> None:
        raise StorageFull

    stream, _ = await desk.listen()
    stream.connection_lost()
    monkeypatch.setattr(scene.store, "note_progress", full)
    await desk.subscriptions.aclose()
    assert "cannot be written now" in caplog.text


async def test_whoever_listens_keeps_it_from_being_forgotten(scene: Scene, desk: Desk) -> None:
    stream, _ = await desk.listen()
    scene.clock.advance(1000)
    await desk.subscriptions.note(everyone=True)
    assert await scene.store.forget_subscriptions(scene.clock.now()) == 0
    stream.connection_lost()
    await desk.subscriptions.note()
    scene.clock.advance(1000)
    assert await scene.store.forget_subscriptions(scene.clock.now()) == 1
    with pytest.raises(NotFound):
        await desk.shown()
