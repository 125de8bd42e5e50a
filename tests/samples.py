"""Notifications, endpoints and the like for tests: whole and ordinary unless a test says otherwise."""

from __future__ import annotations

from typing import Any

from gatepost.clock import Clock, new_id
from gatepost.notify.delivery import Attempt, Delivery, Finished, Outcome, State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Notification
from gatepost.notify.store import Acceptance, Planned
from gatepost.notify.subscription import Subscription

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def an_endpoint(clock: Clock, tenant: str, **changes: Any) -> Endpoint:
    usual: dict[str, Any] = {
        "id": new_id("ep", clock),
        "tenant": tenant,
        "url": "https://receiver.example/hook",
        "topics": ("*",),
        "types": ("*",),
        "created_at": clock.now(),
        "secret": SECRET,
    }
    return Endpoint(**usual | changes)


def a_notification(clock: Clock, tenant: str, **changes: Any) -> Notification:
    usual: dict[str, Any] = {
        "id": new_id("ntf", clock),
        "tenant": tenant,
        "topic": "orders",
        "type": "order.paid",
        "payload": b'{"total": 0.10}',
        "accepted_at": clock.now(),
        "fingerprint": b"",
    }
    return Notification(**usual | changes)


def a_subscription(clock: Clock, tenant: str, **changes: Any) -> Subscription:
    usual: dict[str, Any] = {
        "tenant": tenant,
        "name": "billing",
        "topics": ("orders.*", "invoices"),
        "epoch": "a" * 16,
        "acknowledged": 10,
        "delivered": 10,
        "created_at": clock.now(),
        "used_at": clock.now(),
    }
    return Subscription(**usual | changes)


def an_acceptance(*planned: Planned) -> Acceptance:
    return Acceptance(planned[0].notification.tenant, planned)


def an_outcome(status: int | None = 200, *, error: str | None = None, retry_after: float | None = None) -> Outcome:
    return Outcome(status, error, b"answer", retry_after, duration_ms=12)


def a_step(clock: Clock, delivery: Delivery, state: State, due_at: int = 0) -> Finished:
    """The step that follows one more attempt."""
    delivery.attempts += 1
    status = 200 if state is State.DELIVERED else 500
    attempt = Attempt(new_id("att", clock), clock.now(), 12, status, None, b"answer")
    return Finished(delivery, state, due_at, attempt)
