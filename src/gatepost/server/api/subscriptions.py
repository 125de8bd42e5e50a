"""Durable subscriptions: made, looked at, acknowledged, deleted. `streams` has how to listen by them."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

from gatepost.clock import rfc3339
from gatepost.errors import InvalidParameter
from gatepost.guard.policy import Json, Policy
from gatepost.guard.request import Admission
from gatepost.notify.stream import Position
from gatepost.notify.subscription import Subscription
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, PAGED, Operation, json_answer, page_of, read
from gatepost.server.api.views import Acknowledged, SubscriptionChange, SubscriptionDocument, moment
from gatepost.server.service import Service
from gatepost.server.streams.access import checked_patterns
from gatepost.web.problem import Answer

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")


async def list_(service: Service, admission: Admission) -> Answer:
    found = await service.subscriptions.all(admission.principal.tenant)
    return page_of(admission, (_document(service, each) for each in found), attrgetter("name"))


async def show(service: Service, admission: Admission) -> Answer:
    found = await service.subscriptions.find(admission.principal.tenant, admission.params["name"])
    return json_answer(_document(service, found))


async def put(service: Service, admission: Admission) -> Answer:
    name = admission.params["name"]
    if not _NAME.fullmatch(name):
        raise InvalidParameter("name: 1 to 128 letters, digits and _.:@-")
    topics = checked_patterns(admission.principal, read(SubscriptionChange, admission.body).topics)
    return json_answer(_document(service, await service.subscriptions.put(admission.principal.tenant, name, topics)))


async def delete(service: Service, admission: Admission) -> Answer:
    await service.subscriptions.delete(admission.principal.tenant, admission.params["name"])
    return Answer(204)


async def acknowledge(service: Service, admission: Admission) -> Answer:
    position = Position.parse(read(Acknowledged, admission.body).position)
    tenant, name = admission.principal.tenant, admission.params["name"]
    return json_answer(_document(service, await service.subscriptions.acknowledge(tenant, name, position)))


def _document(service: Service, subscription: Subscription) -> SubscriptionDocument:
    feed = service.subscriptions.feed_of(subscription.tenant, subscription.name)
    delivered = subscription.delivered if feed is None else max(subscription.delivered, feed.position)
    recovery = service.subscriptions.recovery(subscription)
    return SubscriptionDocument(
        name=subscription.name,
        topics=subscription.topics,
        acknowledged=str(Position(subscription.epoch, subscription.acknowledged)),
        delivered=str(Position(subscription.epoch, delivered)),
        behind=service.hub.published - recovery.after,
        connected=feed is not None,
        created_at=rfc3339(subscription.created_at),
        acknowledged_at=moment(subscription.acknowledged_at),
    )


def _operation(method: str, path: str, scope: str, **rest: Any) -> Operation:
    body = Json(MANAGEMENT_BODY_BYTES) if "takes" in rest else None
    query = PAGED if rest["handle"] is list_ else frozenset[str]()
    policy = Policy(scope=scope, body=body, query=query)
    return Operation(method=method, path=f"/v1/subscriptions{path}", policy=policy, **rest)


OPERATIONS = (
    _operation(
        "GET",
        "",
        "subscriptions:read",
        handle=list_,
        summary="List durable subscriptions",
        gives=list[SubscriptionDocument],
    ),
    _operation(
        "GET",
        "/{name}",
        "subscriptions:read",
        handle=show,
        summary="Show a durable subscription and how far it has come",
        gives=SubscriptionDocument,
    ),
    _operation(
        "PUT",
        "/{name}",
        "subscriptions:write",
        handle=put,
        summary="Make a durable subscription that begins now, or change its topics",
        takes=SubscriptionChange,
        gives=SubscriptionDocument,
    ),
    _operation(
        "DELETE", "/{name}", "subscriptions:write", handle=delete, summary="Delete a durable subscription", status=204
    ),
    _operation(
        "POST",
        "/{name}/ack",
        "subscriptions:write",
        handle=acknowledge,
        summary="Say up to which position all is done with",
        takes=Acknowledged,
        gives=SubscriptionDocument,
    ),
)
