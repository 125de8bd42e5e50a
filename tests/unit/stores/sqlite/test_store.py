"""What the embedded store adds to the suite: shared commits, bounds of waiting, and a full disk."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.errors import Internal, StorageFull, Unavailable
from gatepost.notify.store import Acceptance, IdempotencyKey, Planned
from gatepost.stores.sqlite import SqliteStore, accounts
from gatepost.stores.sqlite import store as store_module
from tests.contract.steps import ENDPOINT, TENANT, accept, claim, found
from tests.samples import a_notification, an_acceptance, an_endpoint
from tests.unit.clocks import HandClock


async def test_concurrent_requests_share_commits(store: SqliteStore, clock: HandClock) -> None:
    await asyncio.gather(*(accept(store, clock, later=[ENDPOINT]) for _ in range(200)))
    assert store.totals.accepted == 200
    assert store.totals.commits == 1


async def test_payloads_that_wait_for_the_disk_are_bounded(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_WAITING_BYTES", 20)
    waiting = store.accept(an_acceptance(Planned(a_notification(clock, TENANT, payload=b"x" * 15))))
    with pytest.raises(Unavailable):
        store.accept(an_acceptance(Planned(a_notification(clock, TENANT, payload=b"x" * 15))))
    await waiting
    await accept(store, clock, payload=b"x" * 15)
    assert store.totals.accepted == 2


async def test_a_full_disk_keeps_nothing_of_the_request_and_is_over_with_room(
    store: SqliteStore, clock: HandClock
) -> None:
    await accept(store, clock)
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    before = store.totals
    big = [Planned(a_notification(clock, TENANT, payload=b"x" * 60_000), later=(ENDPOINT,)) for _ in range(3)]
    with pytest.raises(StorageFull) as caught:
        await store.accept(an_acceptance(*big))
    assert caught.value.retry_after is not None
    assert store.totals == before
    assert [await store.find(TENANT, each.notification.id) for each in big] == [None] * 3
    assert await store.next_due() == {}
    store._writer.execute("PRAGMA max_page_count = 1000000")
    await store.accept(an_acceptance(*big))
    assert len(await claim(store, clock)) == 3


async def test_a_key_and_its_notification_are_kept_together_or_not_at_all(
    store: SqliteStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def request() -> Acceptance:
        key = IdempotencyKey(b"key".ljust(16), b"body", clock.now() + 1000)
        return Acceptance(TENANT, (Planned(a_notification(clock, TENANT)),), key)

    with monkeypatch.context() as broken:
        broken.setitem(accounts._SQL, "put_endpoint", "a defect of the same commit")
        doomed = store.accept(request())
        with pytest.raises(Internal):
            await store.put_endpoint(an_endpoint(clock, TENANT))
        with pytest.raises(Internal):
            await doomed
    accepted = await store.accept(request())
    assert len(accepted.fresh) == 1
    assert (await found(store, accepted.fresh[0].notification)).notification.seq == 1


async def test_closing_writes_what_waits(store: SqliteStore, clock: HandClock) -> None:
    waiting = store.accept(an_acceptance(Planned(a_notification(clock, TENANT))))
    await store.aclose()
    assert len((await waiting).fresh) == 1
