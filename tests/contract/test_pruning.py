"""Store suite: history is bounded by age and by amount, each kind apart, and what is open always stays."""

from __future__ import annotations

import msgspec

from gatepost.notify.delivery import State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Acceptance, IdempotencyKey, Keep, Planned
from tests.contract.engines import Engine, Store
from tests.contract.steps import ENDPOINT, LARGE, TENANT, accept, found, send, states
from tests.samples import a_notification
from tests.unit.clocks import HandClock

MOST_STEPS = 50
"""Far above what the few rows of these tests need."""


def keep(clock: HandClock, **bounds: int) -> Keep:
    """Keeps everything but what `bounds` says."""
    everything = Keep(0, LARGE, 0, LARGE, 0, LARGE, clock.now())
    return msgspec.structs.replace(everything, **bounds)


async def prune(store: Store, wanted: Keep) -> None:
    for _ in range(MOST_STEPS):
        if not await store.prune(wanted):
            return
    raise AssertionError("pruning does not come to an end")


async def delivered(store: Store, clock: HandClock) -> Notification:
    """One delivered notification, a second after the one before."""
    clock.advance(1)
    sent = await accept(store, clock, later=[ENDPOINT], payload=b'"payload"')
    await send(store, clock, State.DELIVERED)
    return sent


async def exists(store: Store, notification: Notification) -> bool:
    return await store.find(TENANT, notification.id) is not None


async def test_nothing_goes_while_everything_is_young_and_little(store: Store, clock: HandClock) -> None:
    sent = await delivered(store, clock)
    before = await found(store, sent)
    await prune(store, keep(clock))
    assert await found(store, sent) == before


async def test_old_payloads_go_and_their_story_stays(store: Store, clock: HandClock) -> None:
    old, young = await delivered(store, clock), await delivered(store, clock)
    await prune(store, keep(clock, payloads_since=young.accepted_at))
    view = await found(store, old)
    assert (view.payload, len(view.deliveries), len(view.attempts)) == (None, 1, 1)
    assert (await found(store, young)).payload == b'"payload"'


async def test_old_attempts_go_and_the_rest_stays(store: Store, clock: HandClock) -> None:
    old, young = await delivered(store, clock), await delivered(store, clock)
    await prune(store, keep(clock, attempts_since=young.accepted_at))
    view = await found(store, old)
    assert (view.payload, len(view.deliveries), view.attempts) == (b'"payload"', 1, ())
    assert len((await found(store, young)).attempts) == 1


async def test_old_deliveries_go_with_all_that_belongs_to_them(store: Store, engine: Engine, clock: HandClock) -> None:
    old, young = await delivered(store, clock), await delivered(store, clock)
    await prune(store, keep(clock, deliveries_since=young.accepted_at))
    assert not await exists(store, old)
    assert len((await found(store, young)).attempts) == 1
    assert engine.rows_of(TENANT)["attempts"] == engine.rows_of(TENANT)["deliveries"] == 1


async def test_beyond_its_amount_each_kind_goes_however_young(store: Store, clock: HandClock) -> None:
    sent = [await delivered(store, clock) for _ in range(3)]
    clock.advance(1)
    await prune(store, keep(clock, payload_bytes=5))
    assert store.totals.payload_bytes <= 5
    await prune(store, keep(clock, attempts=1))
    assert store.totals.attempts <= 1
    assert store.totals.deliveries == 3
    await prune(store, keep(clock, deliveries=1))
    assert store.totals.deliveries <= 1
    assert not await exists(store, sent[0])


async def test_what_is_open_stays_with_its_payload_whatever_the_bounds(store: Store, clock: HandClock) -> None:
    waiting = await accept(store, clock, later=[ENDPOINT], due_at=clock.now() + 10**9)
    sending = await accept(store, clock, now=[ENDPOINT])
    clock.advance(1000)
    done = await delivered(store, clock)
    clock.advance(1000)
    now = clock.now()
    nothing = keep(clock, payloads_since=now, deliveries_since=now, attempts_since=now)
    await prune(store, msgspec.structs.replace(nothing, payload_bytes=0, deliveries=0, attempts=0))
    assert not await exists(store, done)
    for notification, state in ((waiting, State.WAITING), (sending, State.SENDING)):
        assert await states(store, notification) == {ENDPOINT: state}
        assert (await found(store, notification)).payload == notification.payload


async def test_a_retry_that_is_still_to_come_keeps_its_payload(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.WAITING, due_at=clock.now() + 5000)
    clock.advance(10)
    await prune(store, keep(clock, payloads_since=clock.now()))
    assert (await send(store, clock, State.DELIVERED)).notification.payload == sent.payload


async def test_an_expired_idempotency_key_leaves_no_row(store: Store, engine: Engine, clock: HandClock) -> None:
    for number in range(3):
        key = IdempotencyKey(str(number).encode().ljust(16), b"body", clock.now() + 1000 + number)
        await store.accept(Acceptance(TENANT, (Planned(a_notification(clock, TENANT)),), key))
    clock.advance(1.001)
    await prune(store, keep(clock))
    assert engine.rows_of(TENANT)["idempotency"] == 1


async def test_a_producers_id_is_free_again_once_its_notification_is_gone(store: Store, clock: HandClock) -> None:
    await accept(store, clock, producer_id="order-1", fingerprint=b"one")
    clock.advance(1)
    await prune(store, keep(clock, deliveries_since=clock.now()))
    await accept(store, clock, producer_id="order-1", fingerprint=b"another")
