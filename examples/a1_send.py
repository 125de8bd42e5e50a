"""Sends one notification, then a thousand, and asks what became of them.

Run, in two terminals:

    gatepost serve --first-key-file first-key
    GATEPOST_API_KEY=$(cat first-key) python examples/a1_send.py

Protects: an accepted notification is on disk before the call returns. Every request carries an idempotency key, so
the SDK may repeat it after a broken connection without sending twice. The key is read from the environment, never
printed, and not sent over plain http to another machine.

Does not protect: what your program has not handed over yet. If it must survive a crash of your own, keep it in your
database and send it with its own `id`, as often as needed: the service takes each id once.
"""

from __future__ import annotations

import sys

from gatepost import Client, NewNotification
from gatepost.errors import GatepostError


def main() -> None:
    with Client() as gatepost:  # GATEPOST_URL and GATEPOST_API_KEY, or http://127.0.0.1:8080
        sent = gatepost.send("orders.eu", "order.paid", {"order": 4711, "total": "19.90"}, ordering_key="order-4711")
        print(f"accepted as {sent.id}, durability {sent.durability}, for {sent.deliveries} endpoints")

        orders = (NewNotification("orders.eu", "order.shipped", {"order": number}) for number in range(1_000))
        results = list(gatepost.send_many(orders))
        accepted = sum(result.accepted for result in results)
        print(f"{accepted} of {len(results)} accepted; the last one as {results[-1].id}")

        refused = next(iter(gatepost.send_many([NewNotification("not a topic!", "order.paid", None)])))
        print(f"refused: {refused.problem.detail if refused.problem else 'no'}")

        newest = next(gatepost.notifications(topic="orders.eu"))
        print(f"the newest of its topic: {newest.id}, of type {newest.type}, accepted at {newest.accepted_at:%H:%M:%S}")


if __name__ == "__main__":
    try:
        main()
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
