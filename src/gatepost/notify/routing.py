"""The fan-out plan: which endpoints get a notification."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.notify.endpoint import Endpoint

MAX_REMEMBERED = 10_000
"""Plans kept ready, one for each tenant, topic and type seen lately: about 2 MB."""


class Routing:
    """All endpoints, by tenant, with the plans of lately seen topics kept ready.

    A disabled endpoint gets nothing new; a paused one does, and it waits.
    """

    def __init__(self, endpoints: Iterable[Endpoint] = ()) -> None:
        self._endpoints: dict[str, dict[str, Endpoint]] = {}
        self._plans: dict[tuple[str, str, str], tuple[Endpoint, ...]] = {}
        for endpoint in endpoints:
            self.put(endpoint)

    def put(self, endpoint: Endpoint) -> None:
        """Adds an endpoint or replaces what was known of it."""
        self._endpoints.setdefault(endpoint.tenant, {})[endpoint.id] = endpoint
        self._plans.clear()

    def remove(self, endpoint: Endpoint) -> None:
        self._endpoints.get(endpoint.tenant, {}).pop(endpoint.id, None)
        self._plans.clear()

    def of_tenant(self, tenant: str) -> tuple[Endpoint, ...]:
        return tuple(self._endpoints.get(tenant, {}).values())

    def find(self, tenant: str, endpoint_id: str) -> Endpoint | None:
        return self._endpoints.get(tenant, {}).get(endpoint_id)

    def plan(self, tenant: str, topic: str, event_type: str) -> tuple[Endpoint, ...]:
        """Every endpoint that shall get such a notification."""
        key = (tenant, topic, event_type)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._decide(*key)
            if len(self._plans) > MAX_REMEMBERED:
                self._plans.pop(next(iter(self._plans)))
        return plan

    def _decide(self, tenant: str, topic: str, event_type: str) -> tuple[Endpoint, ...]:
        return tuple(
            endpoint
            for endpoint in self.of_tenant(tenant)
            if endpoint.state != "disabled" and endpoint.wants(topic, event_type)
        )
