"""Gatepost: what comes in is checked; what goes out arrives.

    from gatepost import Client, verify_webhook

The names below are loaded when they are first used, so that `import gatepost` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gatepost._version import __version__

if TYPE_CHECKING:
    from gatepost.client.aio import AsyncClient
    from gatepost.client.exchange import Retries
    from gatepost.client.notifications import NewNotification
    from gatepost.client.results import Gap, Received
    from gatepost.client.sync import Client
    from gatepost.client.webhooks import verify_webhook

__all__ = [
    "AsyncClient",
    "Client",
    "Gap",
    "NewNotification",
    "Received",
    "Retries",
    "__version__",
    "verify_webhook",
]

_HOMES = {
    "AsyncClient": "gatepost.client.aio",
    "Client": "gatepost.client.sync",
    "Gap": "gatepost.client.results",
    "NewNotification": "gatepost.client.notifications",
    "Received": "gatepost.client.results",
    "Retries": "gatepost.client.exchange",
    "verify_webhook": "gatepost.client.webhooks",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
