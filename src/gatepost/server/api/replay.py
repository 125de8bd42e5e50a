"""Why an endpoint did not get a notification, and getting it there after all."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta, Struct

from gatepost.clock import is_id, rfc3339
from gatepost.errors import FieldError, InvalidField, NotFound
from gatepost.guard.policy import Json, Policy
from gatepost.guard.request import Admission
from gatepost.notify.endpoint import Patterns
from gatepost.notify.explain import explain
from gatepost.notify.notification import Moment, milliseconds
from gatepost.notify.replay import DEFAULT_RATE, MAX_RATE, Counts
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, Operation, json_answer, read
from gatepost.server.api.views import AttemptDocument, attempts_to
from gatepost.server.replay import Replayed, Window
from gatepost.server.service import Service
from gatepost.web.problem import Answer

_CURSOR = re.compile(r"(ntf_[0-9a-f]{32})-([0-9]{1,15})")


class NewReplay(Struct, frozen=True, forbid_unknown_fields=True):
    """What to replay: accepted from `since` on and before `until` (now), of `topics`, so many a second.

    `cursor` is the value of `next` in the answer before.
    """

    since: Moment
    until: Moment | None = None
    topics: Patterns | None = None
    rate: Annotated[int, Meta(ge=1, le=MAX_RATE)] = DEFAULT_RATE
    dry_run: bool = False
    cursor: str | None = None


class ReplayReceipt(Struct, frozen=True):
    """How the notifications of the window stand, how many were made due, and when the last of them will be.

    `missed` and `failed` ones are replayed. With `next` there are more: send it as `cursor` to go on.
    """

    counts: Counts
    replayed: int
    dry_run: bool
    ends_at: str
    next: str | None


class ExplanationDocument(Struct, frozen=True):
    """Why an endpoint got a notification or did not; `reason` is the state of the delivery if there is one."""

    notification: str
    endpoint: str
    reason: str
    detail: str
    due_at: str | None
    attempts: tuple[AttemptDocument, ...]


async def replay_window(service: Service, admission: Admission) -> Answer:
    endpoint = service.endpoints.find(admission.principal.tenant, admission.params["id"])
    wanted = read(NewReplay, admission.body)
    window = _window(wanted, service.clock.now())
    replayed = await service.replayer.window(endpoint, window, dry_run=wanted.dry_run)
    return json_answer(_receipt(replayed, wanted.dry_run), 200 if wanted.dry_run else 202)


async def replay_one(service: Service, admission: Admission) -> Answer:
    endpoint = service.endpoints.find(admission.principal.tenant, admission.params["endpoint"])
    view = await service.store.find(admission.principal.tenant, admission.params["id"])
    if view is None:
        raise NotFound("there is no such notification")
    await service.replayer.one(endpoint, view)
    return Answer(202, b"{}")


async def explain_one(service: Service, admission: Admission) -> Answer:
    endpoint = service.endpoints.find(admission.principal.tenant, admission.params["endpoint"])
    view = await service.store.find(admission.principal.tenant, admission.params["id"])
    if view is None or not admission.principal.may("notifications", "read", view.notification.topic):
        raise NotFound("there is no such notification")
    delivery = next((each for each in view.deliveries if each.endpoint == endpoint.id), None)
    explanation = explain(endpoint, view.notification, None if delivery is None else delivery.state)
    document = ExplanationDocument(
        notification=view.notification.id,
        endpoint=endpoint.id,
        reason=explanation.reason,
        detail=explanation.detail,
        due_at=None if delivery is None else rfc3339(delivery.due_at),
        attempts=attempts_to(view, endpoint.id),
    )
    return json_answer(document)


def _window(wanted: NewReplay, now: int) -> Window:
    since, until = milliseconds(wanted.since), milliseconds(wanted.until)
    after, starts_at = (None, now) if wanted.cursor is None else _place(wanted.cursor)
    return Window(
        since=since or 0,
        until=now if until is None else min(until, now),
        topics=wanted.topics,
        rate=wanted.rate,
        starts_at=max(now, starts_at),
        after=after,
    )


def _place(cursor: str) -> tuple[str, int]:
    match = _CURSOR.fullmatch(cursor)
    if match is None or not is_id("ntf", match[1]):
        error = FieldError("must be the value of `next` in the answer before", "/cursor")
        raise InvalidField("/cursor: must be the value of `next` in the answer before", errors=(error,))
    return match[1], int(match[2])


def _receipt(replayed: Replayed, dry_run: bool) -> ReplayReceipt:
    return ReplayReceipt(
        counts=replayed.counts,
        replayed=replayed.replayed,
        dry_run=dry_run,
        ends_at=rfc3339(replayed.ends_at),
        next=None if replayed.next is None else f"{replayed.next}-{replayed.ends_at}",
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/endpoints/{id}/replay",
        policy=Policy(scope="endpoints:write", body=Json(MANAGEMENT_BODY_BYTES)),
        handle=replay_window,
        summary="Count what an endpoint missed in a window of time, and send it at a bounded rate",
        takes=NewReplay,
        gives=ReplayReceipt,
        status=202,
    ),
    Operation(
        method="POST",
        path="/v1/notifications/{id}/deliveries/{endpoint}/replay",
        policy=Policy(scope="endpoints:write"),
        handle=replay_one,
        summary="Send one notification to an endpoint again, or for the first time",
        status=202,
    ),
    Operation(
        method="GET",
        path="/v1/notifications/{id}/deliveries/{endpoint}",
        policy=Policy(scope="notifications:read", by_topic=True),
        handle=explain_one,
        summary="Say why an endpoint got a notification or did not",
        gives=ExplanationDocument,
    ),
)
