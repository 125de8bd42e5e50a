"""Every operation of the API, in the order of its document."""

from __future__ import annotations

from gatepost.server.api import accounts, endpoints, keyring, meta, notifications, replay, streams, subscriptions
from gatepost.server.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *notifications.OPERATIONS,
    *endpoints.OPERATIONS,
    *replay.OPERATIONS,
    *streams.OPERATIONS,
    *subscriptions.OPERATIONS,
    *accounts.OPERATIONS,
    *keyring.OPERATIONS,
    *meta.OPERATIONS,
)
