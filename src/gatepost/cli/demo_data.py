"""What the demo sends: one notification for each airport of the world, from the public list of `airportsdata` (MIT)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from airportsdata import load

from gatepost.client.notifications import NewNotification
from gatepost.clock import Clock

TOPICS = "airports.*"
TYPE = "airport.listed"


def notifications(count: int, clock: Clock) -> Iterator[NewNotification]:
    """So many airports, from the first again when there are no more.

    Each carries the moment in milliseconds at which it was handed over, so that the receiver can say how long it took.
    """
    airports = load("ICAO").values()
    for number, airport in enumerate(islice(cycle(airports), count)):
        payload = {"number": number, "sent_at": clock.now(), "airport": airport}
        yield NewNotification(f"airports.{airport['country']}", TYPE, payload)
