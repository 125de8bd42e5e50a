"""Notifications: sent alone or in batches, asked for, listed, cancelled; and their deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from gatepost import ijson
from gatepost.clock import is_id
from gatepost.errors import (
    BatchRefused,
    FieldError,
    GatepostError,
    IdConflict,
    InsufficientScope,
    InvalidParameter,
    MalformedJson,
    NotFound,
    TooLarge,
    every_error,
)
from gatepost.guard.policy import Bytes, Json, Policy
from gatepost.guard.request import Admission, Principal
from gatepost.notify.delivery import State
from gatepost.notify.notification import (
    MAX_BATCH_ITEMS,
    MAX_PAYLOAD_BYTES,
    Submission,
    milliseconds,
    read_item,
    read_submission,
)
from gatepost.notify.store import Filter, Receipt, Refusal, Result
from gatepost.server.api.operation import Operation, json_answer, page_size
from gatepost.server.api.views import (
    BatchItem,
    BatchReceipt,
    Cancelled,
    DeliveryDocument,
    NotificationDocument,
    SendReceipt,
    delivery_document,
    notification_document,
)
from gatepost.server.intake import Durability, Idempotency, Taken
from gatepost.server.service import Service
from gatepost.web.problem import Answer, problem

MAX_BODY_BYTES = MAX_PAYLOAD_BYTES + 8 * 1024
"""Bytes of one submission: its payload and everything else it may say."""

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""Bytes of a batch: a thousand items of 8 KiB, or 128 of the largest."""

MAX_KEY_LENGTH = 255
"""Characters of an Idempotency-Key."""

NDJSON = "application/x-ndjson"

_ERRORS = {error.code: error for error in every_error()}
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_moment = msgspec.json.Decoder(Annotated[datetime, Meta(tz=True)]).decode


async def send(service: Service, admission: Admission) -> Answer:
    submission = read_submission(admission.body, service.clock.now())
    _require_topic(admission.principal, "send", submission.topic)
    taken = await service.intake.accept(
        admission.principal.tenant, (submission,), _idempotency(admission), _durability(admission)
    )
    receipt = taken.results[0]
    if isinstance(receipt, Refusal):
        raise IdConflict(receipt.detail, errors=_field_errors(receipt))
    body = f'{{"id":"{receipt.id}","durability":"{taken.durability}","deliveries":{receipt.deliveries}}}'
    return Answer(202, body.encode(), headers=((b"location", f"/v1/notifications/{receipt.id}".encode()),))


async def send_batch(service: Service, admission: Admission) -> Answer:
    now = service.clock.now()
    items = [_item(admission.principal, raw, now, scanned) for raw, scanned in _raw_items(admission)]
    if all(isinstance(item, Refusal) for item in items):
        return _nothing_accepted(items)
    taken = await service.intake.accept(
        admission.principal.tenant, items, _idempotency(admission), _durability(admission)
    )
    return json_answer(_batch_receipt(taken), 202)


async def show(service: Service, admission: Admission) -> Answer:
    view = await service.store.find(admission.principal.tenant, admission.params["id"])
    if view is None or not admission.principal.may("notifications", "read", view.notification.topic):
        raise NotFound("there is no such notification")
    return json_answer(notification_document(view, whole=True))


async def list_(service: Service, admission: Admission) -> Answer:
    query = admission.query
    topic = query.get("topic")
    _require_topic(admission.principal, "read", topic)
    wanted = Filter(topic, query.get("type"), _moment(query.get("since")), _moment(query.get("until")))
    page = await service.store.page(admission.principal.tenant, wanted, _cursor(admission), page_size(admission))
    data = [notification_document(view, whole=False) for view in page.items]  # type: ignore[arg-type]
    return json_answer({"data": data, "next": page.next})


async def cancel(service: Service, admission: Admission) -> Answer:
    tenant = admission.principal.tenant
    view = await service.store.find(tenant, admission.params["id"])
    if view is None or not admission.principal.may("notifications", "cancel", view.notification.topic):
        raise NotFound("there is no such notification")
    own_id = view.notification.id
    with service.engine.withdrawn(own_id, [delivery.endpoint for delivery in view.deliveries]) as withdrawn:
        cancelled = await service.store.cancel(tenant, own_id, withdrawn)
    if view.notification.ordering_key is not None:  # those held behind it are due now
        for delivery in view.deliveries:
            service.engine.wake(delivery.endpoint, service.clock.now())
    return json_answer(Cancelled(own_id, cancelled))


async def retry(service: Service, admission: Admission) -> Answer:
    tenant, own_id, endpoint = admission.principal.tenant, admission.params["id"], admission.params["endpoint"]
    now = service.clock.now()
    service.endpoints.find(tenant, endpoint)
    if not is_id("ntf", own_id) or not await service.store.retry(tenant, own_id, endpoint, now):
        raise NotFound("there is no such dead or parked delivery")
    service.engine.wake(endpoint, now)
    return Answer(202, b"{}")


async def list_deliveries(service: Service, admission: Admission) -> Answer:
    states = {"dead": State.DEAD, "parked": State.PARKED, "open": State.WAITING}
    state = states.get(admission.query.get("state", "dead"))
    if state is None:
        raise InvalidParameter("state: dead, parked or open")
    endpoint = admission.query.get("endpoint")
    if endpoint is None:
        raise InvalidParameter("endpoint: whose deliveries to list")
    tenant = admission.principal.tenant
    service.endpoints.find(tenant, endpoint)
    page = await service.store.deliveries(tenant, state, endpoint, _cursor(admission), page_size(admission))
    data = [delivery_document(view) for view in page.items]  # type: ignore[arg-type]
    return json_answer({"data": data, "next": page.next})


def _require_topic(principal: Principal, verb: str, topic: str | None) -> None:
    if not principal.may("notifications", verb, topic):
        raise InsufficientScope(f"the key lacks notifications:{verb} for this topic")


def _idempotency(admission: Admission) -> Idempotency | None:
    """The Idempotency-Key: a quoted string by the IETF draft; bare ones are taken too, as most clients send them."""
    text = admission.request.headers.one("idempotency-key")
    if text is None:
        return None
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    key = text[1:-1] if quoted else text
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable() and '"' not in key):
        raise InvalidParameter(f"Idempotency-Key: 1 to {MAX_KEY_LENGTH} printable ASCII characters")
    return Idempotency(admission.route.path, key, admission.body)


def _durability(admission: Admission) -> Durability:
    text = admission.request.headers.one("gatepost-durability")
    if text is None or text == "group":
        return "group"
    if text == "memory":
        return "memory"
    raise InvalidParameter("Gatepost-Durability: group or memory")


def _cursor(admission: Admission) -> str | None:
    cursor = admission.query.get("cursor")
    if cursor is not None and not is_id("ntf", cursor):
        raise InvalidParameter("cursor: the value of `next` in the page before")
    return cursor


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return milliseconds(_decode_moment(msgspec.json.encode(text)))
    except msgspec.ValidationError:
        raise InvalidParameter("since and until are times such as 2026-11-22T08:30:00Z") from None


def _raw_items(admission: Admission) -> Iterator[tuple[msgspec.Raw | bytes, bool]]:
    """The items of a batch as they came, and whether their JSON was looked through already."""
    if admission.media_type == NDJSON:
        lines = [line for line in admission.body.split(b"\n") if line.strip()]
        _check_count(len(lines))
        return ((line, False) for line in lines)
    try:
        items = _decode_array(admission.body)
    except msgspec.DecodeError as error:
        raise MalformedJson(f"a batch is a JSON array of notifications: {error}") from None
    except RecursionError:
        ijson.scan(admission.body)
        raise
    _check_count(len(items))
    scanned = _is_clean(admission.body, items)
    return ((item, scanned) for item in items)


def _is_clean(body: bytes, items: Sequence[msgspec.Raw]) -> bool:
    """Looks through the whole batch at once, which is much cheaper; False when the culprits must be found."""
    try:
        ijson.scan_array(body, map(bytes, items))
    except GatepostError:
        return False
    return True


def _check_count(count: int) -> None:
    if count == 0:
        raise InvalidParameter("a batch has at least one item")
    if count > MAX_BATCH_ITEMS:
        raise TooLarge(f"a batch has at most {MAX_BATCH_ITEMS} items")


def _item(principal: Principal, raw: msgspec.Raw | bytes, now: int, scanned: bool) -> Submission | Refusal:
    try:
        submission = read_item(raw, now, scanned=scanned)
        _require_topic(principal, "send", submission.topic)
    except GatepostError as error:
        return Refusal(error.code, error.detail, tuple((each.detail, each.pointer) for each in error.errors))
    return submission


def _nothing_accepted(items: list[Submission | Refusal]) -> Answer:
    results = [_batch_item(item) for item in items if isinstance(item, Refusal)]
    return problem(BatchRefused("every item was refused; `results` says why"), results=results)


def _batch_receipt(taken: Taken) -> BatchReceipt:
    results = tuple(_batch_item(result) for result in taken.results)
    accepted = sum(isinstance(result, Receipt) for result in taken.results)
    return BatchReceipt(accepted, len(results) - accepted, taken.durability, results)


def _batch_item(result: Result) -> BatchItem:
    if isinstance(result, Receipt):
        return BatchItem(id=result.id, deliveries=result.deliveries)
    error = _ERRORS[result.code](result.detail, errors=_field_errors(result))
    return BatchItem(problem=msgspec.Raw(problem(error).body))


def _field_errors(refusal: Refusal) -> tuple[FieldError, ...]:
    return tuple(FieldError(detail, pointer) for detail, pointer in refusal.errors)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/notifications",
        policy=Policy(scope="notifications:send", body=Json(MAX_BODY_BYTES), by_topic=True),
        handle=send,
        summary="Send a notification",
        takes=Submission,
        gives=SendReceipt,
        status=202,
    ),
    Operation(
        method="POST",
        path="/v1/notifications/batch",
        policy=Policy(
            scope="notifications:send", body=Bytes(MAX_BATCH_BYTES, ("application/json", NDJSON)), by_topic=True
        ),
        handle=send_batch,
        summary="Send up to 1,000 notifications, each accepted or refused on its own",
        takes=Annotated[list[Submission], Meta(max_length=MAX_BATCH_ITEMS)],
        gives=BatchReceipt,
        status=202,
    ),
    Operation(
        method="GET",
        path="/v1/notifications",
        policy=Policy(
            scope="notifications:read",
            query=frozenset({"topic", "type", "since", "until", "limit", "cursor"}),
            by_topic=True,
        ),
        handle=list_,
        summary="List notifications, newest first",
        gives=list[NotificationDocument],
    ),
    Operation(
        method="GET",
        path="/v1/notifications/{id}",
        policy=Policy(scope="notifications:read", by_topic=True),
        handle=show,
        summary="Show a notification with its deliveries and attempts",
        gives=NotificationDocument,
    ),
    Operation(
        method="POST",
        path="/v1/notifications/{id}/cancel",
        policy=Policy(scope="notifications:cancel", by_topic=True),
        handle=cancel,
        summary="Cancel what is not sent yet",
        gives=Cancelled,
    ),
    Operation(
        method="POST",
        path="/v1/notifications/{id}/deliveries/{endpoint}/retry",
        policy=Policy(scope="endpoints:write"),
        handle=retry,
        summary="Try a dead or parked delivery again",
        status=202,
    ),
    Operation(
        method="GET",
        path="/v1/deliveries",
        policy=Policy(scope="notifications:read", query=frozenset({"state", "endpoint", "limit", "cursor"})),
        handle=list_deliveries,
        summary="List the dead letters, the parked or the open deliveries of an endpoint, oldest first",
        gives=list[DeliveryDocument],
    ),
)
