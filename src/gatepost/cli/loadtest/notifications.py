"""The one notification that every measurement sends: always the same length, told apart by a number."""

from __future__ import annotations

NOTIFICATION_BYTES = 385
"""Bytes of one notification as it is sent: a small order with its envelope."""

NUMBER_DIGITS = 10

MARK = b'"order":"'
"""Stands before the number, in what is sent and in what is delivered."""

_START = (
    b'{"id":"order-%010d","topic":"orders.eu","type":"order.paid","payload":{"order":"%010d","customer":"cus_8fJ2kQ7x",'
    b'"currency":"EUR","total":184.25,"items":[{"sku":"GP-1042","quantity":2,"price":59.95},{"sku":"GP-2210",'
    b'"quantity":1,"price":64.35}],"ship_to":{"street":"Hauptstrasse 5","city":"Linz","country":"AT"},"note":"'
)
_END = b'"}}'
_TEMPLATE = _START + b"." * (NOTIFICATION_BYTES - len(_START % (0, 0)) - len(_END)) + _END


def notification(number: int) -> bytes:
    """One notification. Its `id` makes it safe to repeat."""
    return _TEMPLATE % (number, number)


def batch(first: int, count: int) -> bytes:
    """A JSON array of consecutive notifications."""
    return b"[" + b",".join(notification(number) for number in range(first, first + count)) + b"]"


def number_of(body: bytes) -> int | None:
    """The number of the notification in a body that was delivered; None when it is not one of ours."""
    start = body.find(MARK) + len(MARK)
    digits = body[start : start + NUMBER_DIGITS]
    return int(digits) if start >= len(MARK) and digits.isdigit() else None
