"""Store suite: what is accepted is kept as it came; repeats, conflicts and collapse keys."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from gatepost.errors import IdempotencyMismatch
from gatepost.notify.delivery import State
from gatepost.notify.store import Acceptance, Accepted, Filter, IdempotencyKey, Planned, Receipt, Refusal
from tests.contract.engines import Engine, Store, opened
from tests.contract.steps import (
    ENDPOINT,
    OTHER_ENDPOINT,
    OTHER_TENANT,
    TENANT,
    accept,
    accept_all,
    claim,
    found,
    states,
)
from tests.samples import a_notification
from tests.unit.clocks import HandClock

HOUR_MS = 3_600_000


async def listed(store: Store, tenant: str = TENANT) -> int:
    return len((await store.page(tenant, Filter(), None, 100)).items)


async def test_an_accepted_notification_is_found_as_it_came(store: Store, clock: HandClock) -> None:
    payload = b'{ "total": 0.10, "n": 9007199254740993, "text": "\xc3\xa9\\u0000" }'
    sent = await accept(
        store,
        clock,
        payload=payload,
        producer_id="order-1",
        ordering_key="customer \u00e9",
        collapse_key="cart",
        deliver_at=clock.now() + 5,
        expires_at=clock.now() + 9,
        fingerprint=b"\x00print",
    )
    view = await found(store, sent)
    assert view.payload == payload
    assert view.notification == structs.replace(sent, fingerprint=b"")
    assert (view.deliveries, view.attempts) == ((), ())


async def test_its_deliveries_wait_or_are_being_sent_as_planned(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock, now=[ENDPOINT], later=[OTHER_ENDPOINT], due_at=clock.now() + 7)
    assert await states(store, sent) == {ENDPOINT: State.SENDING, OTHER_ENDPOINT: State.WAITING}
    assert {delivery.due_at for delivery in (await found(store, sent)).deliveries} == {clock.now() + 7}


async def test_places_in_the_log_only_grow(store: Store, clock: HandClock) -> None:
    sent = await asyncio.gather(*(accept(store, clock) for _ in range(5)))
    later = await accept(store, clock)
    places = [notification.seq for notification in (*sent, later)]
    assert places == sorted(set(places))
    assert store.totals.seq == later.seq


async def test_each_item_gets_its_result_in_order_and_refused_ones_keep_their_reason(
    store: Store, clock: HandClock
) -> None:
    first, second = (Planned(a_notification(clock, TENANT), later=(ENDPOINT,)) for _ in range(2))
    refusal = Refusal("invalid-field", "no", (("too long", "/topic"),))
    accepted = await store.accept(Acceptance(TENANT, (first, refusal, second)))
    assert accepted.results == (Receipt(first.notification.id, 1), refusal, Receipt(second.notification.id, 1))
    assert accepted.fresh == (first, second)


# Idempotency keys


def keyed(clock: HandClock, digest: bytes = b"key", body: bytes = b"body", keep_ms: int = HOUR_MS) -> Acceptance:
    key = IdempotencyKey(digest.ljust(16), body, clock.now() + keep_ms)
    return Acceptance(TENANT, (Planned(a_notification(clock, TENANT), later=(ENDPOINT,)),), key)


async def test_the_same_key_and_body_get_the_same_answer_and_change_nothing(store: Store, clock: HandClock) -> None:
    first = await store.accept(keyed(clock))
    again = await store.accept(keyed(clock))
    assert again == Accepted(first.results, fresh=())
    assert await listed(store) == 1
    assert store.totals.accepted == 1


async def test_the_answer_to_a_batch_is_remembered_with_its_refusals(store: Store, clock: HandClock) -> None:
    refusal = Refusal("invalid-field", "no", (("too long", "/topic"),))
    key = IdempotencyKey(b"key".ljust(16), b"body", clock.now() + HOUR_MS)

    async def batch() -> Accepted:
        return await store.accept(Acceptance(TENANT, (refusal, Planned(a_notification(clock, TENANT))), key))

    assert (await batch()).results == (await batch()).results


async def test_the_same_key_with_another_body_is_refused_and_nothing_stored(store: Store, clock: HandClock) -> None:
    await store.accept(keyed(clock))
    with pytest.raises(IdempotencyMismatch):
        await store.accept(keyed(clock, body=b"another"))
    assert await listed(store) == 1


async def test_another_key_is_another_request(store: Store, clock: HandClock) -> None:
    await store.accept(keyed(clock, b"one"))
    await store.accept(keyed(clock, b"two"))
    assert await listed(store) == 2


async def test_a_key_is_free_again_when_it_expires(store: Store, clock: HandClock) -> None:
    await store.accept(keyed(clock, keep_ms=1000))
    clock.advance(0.999)
    assert (await store.accept(keyed(clock, keep_ms=1000))).fresh == ()
    clock.advance(0.001)
    second = await store.accept(keyed(clock, body=b"another", keep_ms=1000))
    assert len(second.fresh) == 1
    assert await store.accept(keyed(clock, body=b"another")) == Accepted(second.results, fresh=())


async def test_keys_outlive_the_process(engine: Engine, clock: HandClock) -> None:
    async with opened(engine) as store:
        first = await store.accept(keyed(clock))
    async with opened(engine) as store:
        assert (await store.accept(keyed(clock))).results == first.results


# Ids of the producer's own


def own(clock: HandClock, fingerprint: bytes = b"print", tenant: str = TENANT) -> Planned:
    return Planned(
        a_notification(clock, tenant, producer_id="order-1", fingerprint=fingerprint), later=(ENDPOINT, OTHER_ENDPOINT)
    )


async def test_a_repeat_under_the_producers_id_gets_the_first_receipt(store: Store, clock: HandClock) -> None:
    first = await accept_all(store, own(clock))
    again = await accept_all(store, own(clock))
    assert again == Accepted(first.results, fresh=())
    assert again.results[0] == Receipt(first.fresh[0].notification.id, 2)
    assert await listed(store) == 1


async def test_the_same_id_for_something_else_is_refused(store: Store, clock: HandClock) -> None:
    await accept_all(store, own(clock))
    (result,) = (await accept_all(store, own(clock, b"another"))).results
    assert isinstance(result, Refusal)
    assert (result.code, result.errors[0][1]) == ("id-conflict", "/id")


async def test_one_batch_with_the_same_id_thrice(store: Store, clock: HandClock) -> None:
    accepted = await accept_all(store, own(clock), own(clock), own(clock, b"another"))
    first, second, third = accepted.results
    assert first == second
    assert isinstance(third, Refusal)
    assert len(accepted.fresh) == 1


async def test_two_requests_with_the_same_id_in_one_commit(store: Store, clock: HandClock) -> None:
    one, other = await asyncio.gather(accept_all(store, own(clock)), accept_all(store, own(clock)))
    assert one.results == other.results
    assert [len(one.fresh), len(other.fresh)] == [1, 0]


async def test_repeats_among_new_ones_are_told_apart_item_by_item(store: Store, clock: HandClock) -> None:
    def numbered(number: int, fingerprint: bytes = b"print") -> Planned:
        return Planned(a_notification(clock, TENANT, producer_id=f'no "{number}" \u00e9', fingerprint=fingerprint))

    before = await accept_all(store, *map(numbered, range(0, 100, 2)))
    changed = numbered(4, b"another")
    after = await accept_all(store, *map(numbered, range(100)), changed)
    assert after.results[0:100:2] == before.results
    assert [planned.notification.producer_id for planned in after.fresh] == [
        numbered(each).notification.producer_id for each in range(1, 100, 2)
    ]
    assert isinstance(after.results[100], Refusal)


async def test_another_tenant_has_ids_of_its_own(store: Store, clock: HandClock) -> None:
    await accept_all(store, own(clock))
    assert len((await accept_all(store, own(clock, b"another", OTHER_TENANT))).fresh) == 1


# Collapse keys


async def test_a_newer_one_supersedes_what_still_waits_under_its_collapse_key(store: Store, clock: HandClock) -> None:
    old = await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT], collapse_key="cart")
    newer = await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT], collapse_key="cart")
    assert set((await states(store, old)).values()) == {State.SUPERSEDED}
    assert set((await states(store, newer)).values()) == {State.WAITING}
    assert len(await claim(store, clock)) == 1


async def test_but_only_where_the_newer_one_goes_too(store: Store, clock: HandClock) -> None:
    old = await accept(store, clock, later=[ENDPOINT, OTHER_ENDPOINT], collapse_key="cart")
    await accept(store, clock, later=[ENDPOINT], collapse_key="cart")
    assert await states(store, old) == {ENDPOINT: State.SUPERSEDED, OTHER_ENDPOINT: State.WAITING}


async def test_but_nothing_that_differs_in_key_topic_or_tenant(store: Store, clock: HandClock) -> None:
    kept = [
        await accept(store, clock, later=[ENDPOINT], collapse_key="other"),
        await accept(store, clock, later=[ENDPOINT]),
        await accept(store, clock, later=[ENDPOINT], collapse_key="cart", topic="other"),
        await accept(store, clock, later=[ENDPOINT], collapse_key="cart", tenant=OTHER_TENANT),
    ]
    await accept(store, clock, later=[ENDPOINT], collapse_key="cart")
    for notification in kept:
        assert await states(store, notification) == {ENDPOINT: State.WAITING}


async def test_nor_what_is_being_sent_or_was_delivered(store: Store, clock: HandClock) -> None:
    sending = await accept(store, clock, now=[ENDPOINT], collapse_key="cart")
    await accept(store, clock, later=[ENDPOINT], collapse_key="cart")
    assert await states(store, sending) == {ENDPOINT: State.SENDING}


async def test_of_many_in_one_commit_the_last_one_waits(store: Store, clock: HandClock) -> None:
    planned = [Planned(a_notification(clock, TENANT, collapse_key="cart"), later=(ENDPOINT,)) for _ in range(4)]
    await asyncio.gather(*(accept_all(store, each) for each in planned))
    assert [delivery.notification.id for delivery in await claim(store, clock)] == [planned[-1].notification.id]
    assert store.totals.backlog == 1
