"""Endpoints: made, listed, changed, paused, deleted, their secrets rotated, a test sent."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from gatepost.clock import rfc3339
from gatepost.crypto.webhook_signatures import public_key
from gatepost.guard.policy import Json, Policy
from gatepost.guard.request import Admission
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Submission
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, PAGED, Operation, json_answer, page_of, read
from gatepost.server.api.views import (
    EndpointChange,
    EndpointDocument,
    MadeEndpoint,
    NewEndpoint,
    RotatedSecret,
    SecretRotation,
    SendReceipt,
    endpoint_document,
    made_endpoint_document,
    moment,
)
from gatepost.server.service import Service
from gatepost.web.problem import Answer

BODY = Json(MANAGEMENT_BODY_BYTES)
OPTIONAL_BODY = Json(MANAGEMENT_BODY_BYTES, optional=True)
READ = Policy(scope="endpoints:read")
LIST = Policy(scope="endpoints:read", query=PAGED)
WRITE = Policy(scope="endpoints:write")


async def create(service: Service, admission: Admission) -> Answer:
    wanted = msgspec.structs.asdict(read(NewEndpoint, admission.body))
    endpoint = await service.endpoints.create(admission.principal.tenant, **wanted)
    return json_answer(made_endpoint_document(endpoint, **_secrets(endpoint)), 201)


async def list_(service: Service, admission: Admission) -> Answer:
    found = map(endpoint_document, service.endpoints.all(admission.principal.tenant))
    return page_of(admission, found, attrgetter("id"))


async def show(service: Service, admission: Admission) -> Answer:
    return json_answer(endpoint_document(service.endpoints.find(admission.principal.tenant, admission.params["id"])))


async def change(service: Service, admission: Admission) -> Answer:
    wanted = msgspec.structs.asdict(read(EndpointChange, admission.body))
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not UNSET}
    endpoint = await service.endpoints.change(admission.principal.tenant, admission.params["id"], **given)
    return json_answer(endpoint_document(endpoint))


async def delete(service: Service, admission: Admission) -> Answer:
    await service.endpoints.delete(admission.principal.tenant, admission.params["id"])
    return Answer(204)


async def pause(service: Service, admission: Admission) -> Answer:
    endpoint = await service.endpoints.set_state(admission.principal.tenant, admission.params["id"], paused=True)
    return json_answer(endpoint_document(endpoint))


async def resume(service: Service, admission: Admission) -> Answer:
    endpoint = await service.endpoints.set_state(admission.principal.tenant, admission.params["id"], paused=False)
    return json_answer(endpoint_document(endpoint))


async def rotate_secret(service: Service, admission: Admission) -> Answer:
    rotation = read(SecretRotation, admission.body)
    endpoint = await service.endpoints.rotate_secret(
        admission.principal.tenant, admission.params["id"], rotation.overlap_seconds * 1000
    )
    return json_answer(RotatedSecret(old_secret_ends_at=moment(endpoint.old_secret_ends_at), **_secrets(endpoint)))


async def send_test(service: Service, admission: Admission) -> Answer:
    endpoint = service.endpoints.find(admission.principal.tenant, admission.params["id"])
    payload = msgspec.json.encode({"test": True, "endpoint": endpoint.id, "at": rfc3339(service.clock.now())})
    submission = Submission(topic="gatepost.test", type="gatepost.test", payload=msgspec.Raw(payload))
    receipt = await service.intake.send_test(endpoint.tenant, endpoint.id, submission)
    return json_answer(SendReceipt(receipt.id, "group", receipt.deliveries), 202)


def _secrets(endpoint: Endpoint) -> dict[str, str]:
    """What is shown once: the secret, and for ed25519 the public key that the receiver verifies with."""
    shown = {"secret": endpoint.secret}
    if endpoint.secret.startswith("whsk_"):
        shown["public_key"] = public_key(endpoint.secret)
    return shown


def _operation(method: str, path: str, policy: Policy, **rest: Any) -> Operation:
    return Operation(method=method, path=f"/v1/endpoints{path}", policy=policy, **rest)


OPERATIONS = (
    _operation(
        "POST",
        "",
        Policy(scope="endpoints:write", body=BODY),
        handle=create,
        summary="Make an endpoint; its secret is shown this once",
        takes=NewEndpoint,
        gives=MadeEndpoint,
        status=201,
    ),
    _operation("GET", "", LIST, handle=list_, summary="List endpoints", gives=list[EndpointDocument]),
    _operation("GET", "/{id}", READ, handle=show, summary="Show an endpoint", gives=EndpointDocument),
    _operation(
        "PATCH",
        "/{id}",
        Policy(scope="endpoints:write", body=BODY),
        handle=change,
        summary="Change an endpoint",
        takes=EndpointChange,
        gives=EndpointDocument,
    ),
    _operation(
        "DELETE",
        "/{id}",
        WRITE,
        handle=delete,
        summary="Delete an endpoint and cancel what was on its way to it",
        status=204,
    ),
    _operation(
        "POST", "/{id}/pause", WRITE, handle=pause, summary="Hold everything back for a while", gives=EndpointDocument
    ),
    _operation(
        "POST",
        "/{id}/resume",
        WRITE,
        handle=resume,
        summary="Go on sending to a paused or disabled endpoint",
        gives=EndpointDocument,
    ),
    _operation(
        "POST",
        "/{id}/rotate-secret",
        Policy(scope="endpoints:write", body=OPTIONAL_BODY),
        handle=rotate_secret,
        summary="Give a new secret; the old one signs beside it for a while",
        takes=SecretRotation,
        gives=RotatedSecret,
    ),
    _operation(
        "POST", "/{id}/test", WRITE, handle=send_test, summary="Send a test notification", gives=SendReceipt, status=202
    ),
)
