"""Every operation of the API, in the order of its document."""

from __future__ import annotations

from gatepost.server.api import accounts, endpoints, meta, notifications
from gatepost.server.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *notifications.OPERATIONS,
    *endpoints.OPERATIONS,
    *accounts.OPERATIONS,
    *meta.OPERATIONS,
)
