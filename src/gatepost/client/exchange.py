"""Carries one call through to its result: the idempotency key, the retries, the waiting between them.

Nothing here does any I/O; see `wire.py` for how the parts fit.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gatepost.client.wire import Answer, Call, Request, Steps, retry_after, service_error
from gatepost.clock import Clock, new_id
from gatepost.errors import ConnectFailed, DeliveryFailed, IdempotencyRunning

T = TypeVar("T")

IDEMPOTENCY_KEY = "idempotency-key"

_NOT_DONE = frozenset({429, 503})
"""Statuses that promise the request changed nothing."""

_MAYBE_DONE = frozenset({502, 504})
"""Statuses of a proxy that cannot say whether the request arrived."""


class Retries(Struct, frozen=True):
    """How often and how patiently a call is tried. Spans are in seconds.

    `max_wait` bounds a single wait, also one that the service asked for: rather than sleep
    through an hour, a call fails with the `retry_after` it was told.
    """

    attempts: int = 6
    first_wait: float = 0.2
    max_wait: float = 30.0

    def wait(self, attempt: int, jitter: float) -> float:
        """Seconds to wait after the given attempt (from 1) failed: doubled each time, halved at most by the jitter."""
        return min(self.max_wait, self.first_wait * 2.0 ** (attempt - 1)) * (1 - jitter / 2)


def exchange(call: Call[T], retries: Retries, clock: Clock) -> Steps[T]:
    """Yields requests until one is answered for good. Raises `ServiceError` or the last `DeliveryFailed`."""
    request = _keyed(call.request, clock) if call.keyed else call.request
    for attempt in range(1, retries.attempts):
        wait: float | None
        try:
            answer = yield request
        except DeliveryFailed as failure:
            if not (request.repeatable or isinstance(failure, ConnectFailed)):
                raise
            wait = retries.wait(attempt, clock.jitter())
        else:
            wait = _wait_after(answer, request, retries.wait(attempt, clock.jitter()))
            if wait is None or wait > retries.max_wait:
                return call.read(answer)
        request = replace(request, delay=wait)
    return call.read((yield request))


def _keyed(request: Request, clock: Clock) -> Request:
    if any(name == IDEMPOTENCY_KEY for name, _ in request.headers):
        return request
    return replace(request, headers=(*request.headers, (IDEMPOTENCY_KEY, new_id("idem", clock))))


def _wait_after(answer: Answer, request: Request, usual: float) -> float | None:
    """Seconds to wait before the same request may work, or None when the answer is final."""
    if answer.status in _NOT_DONE or (answer.status in _MAYBE_DONE and request.repeatable):
        asked = retry_after(answer)
        return usual if asked is None else max(asked, usual)
    # Our first try may have timed out here while it still runs over there.
    if answer.status == 409 and service_error(answer).problem_code == IdempotencyRunning.code:
        return usual
    return None
