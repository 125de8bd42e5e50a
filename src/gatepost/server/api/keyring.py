"""The keyring, for the operator."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from gatepost.clock import rfc3339
from gatepost.crypto.keyring import MAX_KEYS, KeyInfo
from gatepost.errors import Conflict, InvalidKey, KeyUnavailable, NotFound
from gatepost.guard.policy import Policy
from gatepost.guard.request import Admission
from gatepost.server.api.operation import Operation, json_answer
from gatepost.server.service import Service
from gatepost.web.problem import Answer


class SealKeyDocument(Struct, frozen=True):
    id: int
    state: str
    created_at: str


Keyring = Annotated[list[SealKeyDocument], Meta(max_length=MAX_KEYS)]


async def show_keyring(service: Service, _: Admission) -> Answer:
    return _listed(service)


async def rotate_keyring(service: Service, _: Admission) -> Answer:
    await service.keyring.rotate()
    return _listed(service)


async def destroy_seal_key(service: Service, admission: Admission) -> Answer:
    text = admission.params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("there is no such key")
    try:
        await service.keyring.destroy(int(text))
    except KeyUnavailable as error:
        raise NotFound(error.detail) from None
    except InvalidKey as error:
        raise Conflict(error.detail) from None
    return _listed(service)


def _listed(service: Service) -> Answer:
    return json_answer({"data": [_document(key) for key in service.keyring.keys], "next": None})


def _document(key: KeyInfo) -> SealKeyDocument:
    return SealKeyDocument(key.id, key.state, rfc3339(key.created_at))


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/keyring",
        policy=Policy(scope="keyring:read"),
        handle=show_keyring,
        summary="List the keys that seal what is stored",
        gives=Keyring,
        operator=True,
    ),
    Operation(
        method="POST",
        path="/v1/keyring/rotate",
        policy=Policy(scope="keyring:write"),
        handle=rotate_keyring,
        summary="Seal with a new key from now on",
        gives=Keyring,
        operator=True,
    ),
    Operation(
        method="DELETE",
        path="/v1/keyring/{id}",
        policy=Policy(scope="keyring:write"),
        handle=destroy_seal_key,
        summary="Destroy a key that seals nothing any more",
        gives=Keyring,
        operator=True,
    ),
)
