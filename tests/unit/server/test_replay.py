"""Replaying to an endpoint what it missed: counted first, spread over time, and never twice."""

from __future__ import annotations

import pytest

from gatepost.errors import BacklogFull, Conflict
from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.replay import Counts
from gatepost.server import replay
from gatepost.server.replay import Replayer, Window
from tests.contract.steps import TENANT
from tests.samples import an_outcome
from tests.unit.clocks import HandClock
from tests.unit.server.house import House, later


def replayer(house: House, backlog_limit: int = 1_000_000) -> Replayer:
    return Replayer(house.store, house.engine, house.clock, backlog_limit)


def window(clock: HandClock, since: int, rate: int = 1000, after: str | None = None) -> Window:
    return Window(since, clock.now() + 1, None, rate, clock.now(), after)


async def missed_while_disabled(house: House, count: int) -> tuple[Endpoint, list[str], int]:
    endpoint = await house.endpoint(state="disabled")
    since = house.clock.now()
    sent = await house.send(count)
    return await house.change(endpoint, state="active"), sent, since


async def test_what_was_missed_while_disabled_is_counted_and_then_sent(house: House, clock: HandClock) -> None:
    endpoint, sent, since = await missed_while_disabled(house, 5)
    counted = await replayer(house).window(endpoint, window(clock, since), dry_run=True)
    assert (counted.counts, counted.replayed, counted.next) == (Counts(missed=5), 0, None)
    assert house.store.totals.backlog == 0
    replayed = await replayer(house).window(endpoint, window(clock, since), dry_run=False)
    assert (replayed.counts, replayed.replayed) == (Counts(missed=5), 5)
    clock.advance(1)
    await house.all_delivered(5)
    assert sorted(house.channel.to(endpoint)) == sorted(sent)
    again = await replayer(house).window(endpoint, window(clock, since), dry_run=False)
    assert (again.counts, again.replayed) == (Counts(delivered=5), 0)


async def test_it_is_spread_by_the_rate(house: House, clock: HandClock) -> None:
    endpoint, _, since = await missed_while_disabled(house, 10)
    replayed = await replayer(house).window(endpoint, window(clock, since, rate=2), dry_run=False)
    assert replayed.ends_at == clock.now() + 5000
    for seconds in range(5):
        await house.all_delivered(1 + 2 * seconds)
        clock.advance(0.999)
        await house.all_delivered(2 + 2 * seconds)
        clock.advance(0.001)


async def test_a_long_window_goes_on_where_it_stopped(
    house: House, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PORTION", 3)
    monkeypatch.setattr(replay, "PORTIONS", 2)
    endpoint, _, since = await missed_while_disabled(house, 10)
    first = await replayer(house).window(endpoint, window(clock, since), dry_run=False)
    assert (first.replayed, first.next is None) == (6, False)
    rest = await replayer(house).window(endpoint, window(clock, since, after=first.next), dry_run=False)
    assert (rest.replayed, rest.next) == (4, None)
    clock.advance(1)
    await house.all_delivered(10)


async def test_it_fills_half_of_the_backlog_and_goes_on_once_there_is_room(house: House, clock: HandClock) -> None:
    endpoint, sent, since = await missed_while_disabled(house, 10)
    limited = replayer(house, backlog_limit=8)
    first = await limited.window(endpoint, window(clock, since), dry_run=False)
    assert (first.replayed, first.counts, house.store.totals.backlog) == (4, Counts(missed=4), 4)
    with pytest.raises(BacklogFull) as refused:
        await limited.window(endpoint, window(clock, since, after=first.next), dry_run=False)
    assert refused.value.retry_after is not None
    counted = await limited.window(endpoint, window(clock, since), dry_run=True)
    assert counted.counts == Counts(missed=6, open=4), "counting needs no room"
    clock.advance(1)
    await house.all_delivered(4)
    second = await limited.window(endpoint, window(clock, since, after=first.next), dry_run=False)
    clock.advance(1)
    await house.all_delivered(8)
    last = await limited.window(endpoint, window(clock, since, after=second.next), dry_run=False)
    assert (second.replayed, last.replayed, last.next) == (4, 2, None)
    clock.advance(1)
    await house.all_delivered(10)
    assert sorted(house.channel.to(endpoint)) == sorted(sent)


async def test_one_is_sent_again_or_for_the_first_time(house: House) -> None:
    endpoint, (missed,), _ = await missed_while_disabled(house, 1)
    for count in (1, 2):
        view = await house.store.find(TENANT, missed)
        assert view is not None
        await replayer(house).one(endpoint, view)
        await house.until(lambda count=count: len(house.channel.to(endpoint)) == count)  # type: ignore[misc]
        await house.settled()
    assert await house.state(missed, endpoint) is State.DELIVERED


async def test_what_is_on_its_way_or_has_expired_cannot_be_replayed(house: House, clock: HandClock) -> None:
    endpoint = await house.endpoint(retry=(0.0, 60.0))
    house.channel.answer(endpoint, an_outcome(500))
    (waiting,) = await house.send(expires_at=later(clock, 10))
    await house.settled()
    with pytest.raises(Conflict, match="on its way"):
        await _replay(house, endpoint, waiting)
    await house.store.cancel(TENANT, waiting, ())
    clock.advance(10)
    with pytest.raises(Conflict, match="expired"):
        await _replay(house, endpoint, waiting)


async def _replay(house: House, endpoint: Endpoint, notification: str) -> None:
    view = await house.store.find(TENANT, notification)
    assert view is not None
    await replayer(house).one(endpoint, view)
