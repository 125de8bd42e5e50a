"""Whose turn it is when places are scarce: tenants take turns, and within a tenant its lanes do."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

Lane = TypeVar("Lane")
Waiter = TypeVar("Waiter")


class Turns(Generic[Lane, Waiter]):
    """Those who wait. However many of one lane or one tenant do, every other comes once before its second turn."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[str, OrderedDict[Lane, deque[Waiter]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._tenants)

    def add(self, tenant: str, lane: Lane, waiter: Waiter) -> None:
        self._tenants.setdefault(tenant, OrderedDict()).setdefault(lane, deque()).append(waiter)

    def first(self, may: Callable[[Lane], bool]) -> tuple[str, Lane] | None:
        """The tenant and the lane whose turn it is, of those that `may` have one."""
        found = ((tenant, lane) for tenant, lanes in self._tenants.items() for lane in lanes if may(lane))
        return next(found, None)

    def take(self, tenant: str, lane: Lane) -> Waiter:
        """The first of a lane that waits; the lane and its tenant go to the end of the line."""
        lanes = self._tenants[tenant]
        waiter = lanes[lane].popleft()
        self._tenants.move_to_end(tenant)
        lanes.move_to_end(lane)
        self._drop_empty(tenant, lane)
        return waiter

    def remove(self, tenant: str, lane: Lane, waiter: Waiter) -> None:
        """Takes out one that waits no longer."""
        self._tenants[tenant][lane].remove(waiter)
        self._drop_empty(tenant, lane)

    def _drop_empty(self, tenant: str, lane: Lane) -> None:
        lanes = self._tenants[tenant]
        if not lanes[lane]:
            del lanes[lane]
        if not lanes:
            del self._tenants[tenant]
