"""Every operation of the API, in the order of its document."""

from __future__ import annotations

from gatepost.server.api import accounts, endpoints, meta, notifications, streams
from gatepost.server.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *notifications.OPERATIONS,
    *endpoints.OPERATIONS,
    *streams.OPERATIONS,
    *accounts.OPERATIONS,
    *meta.OPERATIONS,
)
