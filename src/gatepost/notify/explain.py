"""Why an endpoint did not get a notification, told from what was kept: the delivery, or the endpoint as it was then."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Notification

Absence = Literal["created-later", "disabled", "other-topics", "other-types", "too-long-ago", "not-planned"]

ABSENCES: dict[Absence, str] = {
    "created-later": "the endpoint was made after the notification was accepted",
    "disabled": "the endpoint was disabled when the notification was accepted",
    "other-topics": "the endpoint subscribed to other topics when the notification was accepted",
    "other-types": "the endpoint subscribed to other types when the notification was accepted",
    "too-long-ago": "the endpoint has changed too often since for anyone to know what it subscribed to then",
    "not-planned": "the notification was meant for another endpoint only, such as a test",
}

STATES: dict[State, str] = {
    State.HELD: "it waits behind an earlier one of its ordering key",
    State.WAITING: "it waits until it is due",
    State.SENDING: "it is next, or on the wire",
    State.DELIVERED: "it was delivered",
    State.DEAD: "every attempt failed; it is tried again only if somebody asks for it",
    State.CANCELLED: "it was cancelled",
    State.EXPIRED: "it was not sent before it expired",
    State.SUPERSEDED: "a newer one with the same collapse key took its place",
    State.PARKED: "it was set aside for those behind it in order; it is tried again only if somebody asks for it",
}


class Explanation(Struct, frozen=True):
    """The reason as a stable code, which is the state where there is a delivery, and as a sentence."""

    reason: str
    detail: str


def explain(endpoint: Endpoint, notification: Notification, state: State | None) -> Explanation:
    """`state` is that of the delivery, or None if there never was one."""
    if state is not None:
        paused = state is State.WAITING and endpoint.state != "active"
        return Explanation(state.label, f"the endpoint is {endpoint.state}" if paused else STATES[state])
    absence = _absence(endpoint, notification)
    return Explanation(absence, ABSENCES[absence])


def _absence(endpoint: Endpoint, notification: Notification) -> Absence:
    if notification.accepted_at < endpoint.created_at:
        return "created-later"
    then = endpoint.as_of(notification.accepted_at)
    if then is None:
        return "too-long-ago"
    if then.state == "disabled":
        return "disabled"
    if not then.wants_topic(notification.topic):
        return "other-topics"
    return "not-planned" if then.wants_type(notification.type) else "other-types"
