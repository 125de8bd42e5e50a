"""Store suite: what may be replayed to an endpoint is found in portions, and made due once."""

from __future__ import annotations

import pytest

from gatepost.notify.delivery import State
from gatepost.notify.replay import Candidate
from gatepost.notify.store import Keep
from tests.contract.engines import Store
from tests.contract.steps import (
    ENDPOINT,
    LARGE,
    OTHER_ENDPOINT,
    OTHER_TENANT,
    TENANT,
    accept,
    claim,
    ids,
    send,
    states,
)
from tests.unit.clocks import HandClock


async def found(store: Store, since: int, until: int, after: str | None = None, limit: int = 100) -> list[Candidate]:
    return await store.candidates(TENANT, ENDPOINT, since, until, after, limit)


async def test_candidates_tell_how_they_stand_with_the_endpoint(store: Store, clock: HandClock) -> None:
    since = clock.now()
    missed = await accept(store, clock, later=[OTHER_ENDPOINT], expires_at=since + 9)
    dead = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, State.DEAD)
    await accept(store, clock, later=[ENDPOINT], tenant=OTHER_TENANT)
    assert await found(store, since, since + 1) == [
        Candidate(missed.id, missed.seq, "orders", "order.paid", since + 9, kept=True, state=None),
        Candidate(dead.id, dead.seq, "orders", "order.paid", None, kept=True, state=State.DEAD),
    ]


async def test_they_come_in_portions_within_the_window(store: Store, clock: HandClock) -> None:
    sent = []
    for _ in range(5):
        sent.append(await accept(store, clock))
        clock.advance(1)
    first = await found(store, sent[1].accepted_at, sent[4].accepted_at, limit=2)
    rest = await found(store, sent[1].accepted_at, sent[4].accepted_at, after=first[-1].id, limit=2)
    assert [each.id for each in first + rest] == [each.id for each in sent[1:4]]


async def test_what_was_never_planned_is_due_when_it_says(store: Store, clock: HandClock) -> None:
    sent = await accept(store, clock)
    assert await store.replay(TENANT, ENDPOINT, [(sent.seq, clock.now() + 5000)]) == 1
    assert await claim(store, clock) == []
    clock.advance(5)
    assert ids(await claim(store, clock)) == [sent.id]
    assert (store.totals.deliveries, store.totals.backlog) == (1, 1)


@pytest.mark.parametrize("state", [State.DEAD, State.PARKED, State.DELIVERED])
async def test_a_closed_one_starts_anew(store: Store, clock: HandClock, state: State) -> None:
    sent = await accept(store, clock, later=[ENDPOINT])
    await send(store, clock, state)
    assert await store.replay(TENANT, ENDPOINT, [(sent.seq, clock.now())]) == 1
    (again,) = await claim(store, clock)
    assert (again.attempts, again.spent) == (0, 1)
    assert (store.totals.deliveries, store.totals.backlog, store.totals.dead) == (1, 1, 0)


async def test_an_open_one_is_left_alone(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, later=[ENDPOINT]), await accept(store, clock, now=[ENDPOINT])]
    assert await store.replay(TENANT, ENDPOINT, [(each.seq, clock.now()) for each in sent]) == 0
    assert store.totals.backlog == 2


async def test_what_has_lost_its_payload_or_belongs_to_others_is_left_alone(store: Store, clock: HandClock) -> None:
    sent, other = await accept(store, clock), await accept(store, clock, tenant=OTHER_TENANT)
    now = clock.now() + 1
    while await store.prune(Keep(now, LARGE, 0, LARGE, 0, LARGE, now)):
        pass
    (candidate, *_) = await found(store, sent.accepted_at, now)
    assert not candidate.kept
    assert await store.replay(TENANT, ENDPOINT, [(sent.seq, 0), (other.seq, 0), (10_000, 0)]) == 0
    assert store.totals.deliveries == 0


async def test_those_of_one_key_are_replayed_in_order(store: Store, clock: HandClock) -> None:
    sent = [await accept(store, clock, ordering_key="a") for _ in range(3)]
    assert await store.replay(TENANT, ENDPOINT, [(each.seq, clock.now()) for each in sent]) == 3
    assert [(await states(store, each))[ENDPOINT] for each in sent] == [State.WAITING, State.HELD, State.HELD]
    behind = await accept(store, clock, ordering_key="a", now=[ENDPOINT])
    assert ids(await claim(store, clock)) == [each.id for each in (*sent, behind)]
