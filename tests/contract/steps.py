"""What the store suite does again and again, in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatepost.clock import Clock
from gatepost.notify.delivery import Delivery, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Accepted, Claim, NotificationStore, NotificationView, Planned
from tests.samples import a_notification, a_step, an_acceptance

TENANT = "ten_" + "1" * 32
OTHER_TENANT = "ten_" + "2" * 32
ENDPOINT = "ep_" + "1" * 32
OTHER_ENDPOINT = "ep_" + "2" * 32
LARGE = 1 << 30


async def accept(
    store: NotificationStore,
    clock: Clock,
    *,
    later: Sequence[str] = (),
    now: Sequence[str] = (),
    due_at: int | None = None,
    tenant: str = TENANT,
    **fields: Any,
) -> Notification:
    """Accepts one notification; `now` and `later` are the endpoints it goes to."""
    notification = a_notification(clock, tenant, **fields)
    due_at = clock.now() if due_at is None else due_at
    accepted = await accept_all(store, Planned(notification, tuple(now), tuple(later), due_at))
    return accepted.fresh[0].notification


async def accept_all(store: NotificationStore, *planned: Planned) -> Accepted:
    return await store.accept(an_acceptance(*planned))


async def claim(
    store: NotificationStore,
    clock: Clock,
    endpoint: str = ENDPOINT,
    *,
    tenant: str = TENANT,
    limit: int = 100,
    max_bytes: int = LARGE,
) -> list[Delivery]:
    return await store.claim([Claim(tenant, endpoint, limit, max_bytes)], clock.now())


async def send(store: NotificationStore, clock: Clock, state: State, due_at: int = 0) -> Delivery:
    """Claims one delivery of `ENDPOINT` and writes down one attempt that ended in `state`."""
    (delivery,) = await claim(store, clock, limit=1)
    await store.finish([a_step(clock, delivery, state, due_at)])
    return delivery


async def found(store: NotificationStore, notification: Notification) -> NotificationView:
    view = await store.find(notification.tenant, notification.id)
    assert view is not None
    return view


async def states(store: NotificationStore, notification: Notification) -> dict[str, State]:
    """The state of each delivery, by endpoint."""
    return {delivery.endpoint: delivery.state for delivery in (await found(store, notification)).deliveries}


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.notification.id for delivery in deliveries]
