"""API keys of one's own tenant, and tenants for the operator."""

from __future__ import annotations

from operator import attrgetter

from gatepost.errors import InsufficientScope, InvalidField
from gatepost.guard.policy import ANY_KEY, Json, Policy
from gatepost.guard.request import Admission
from gatepost.guard.scopes import parse_all
from gatepost.notify.notification import milliseconds
from gatepost.server.api.operation import MANAGEMENT_BODY_BYTES, PAGED, Operation, json_answer, page_of, read
from gatepost.server.api.views import (
    KeyDocument,
    MadeKey,
    Me,
    NewKey,
    NewTenant,
    TenantDocument,
    key_document,
    made_key_document,
    tenant_document,
)
from gatepost.server.service import Service
from gatepost.web.problem import Answer

BODY = Json(MANAGEMENT_BODY_BYTES)


async def me(service: Service, admission: Admission) -> Answer:
    principal = admission.principal
    return json_answer(Me(principal.tenant, principal.key, tuple(map(str, principal.scopes))))


async def create_key(service: Service, admission: Admission) -> Answer:
    return await _create_key(service, admission, admission.principal.tenant)


async def create_tenant_key(service: Service, admission: Admission) -> Answer:
    return await _create_key(service, admission, admission.params["id"])


async def _create_key(service: Service, admission: Admission, tenant: str) -> Answer:
    wanted = read(NewKey, admission.body)
    for scope in parse_all(wanted.scopes):
        if not admission.principal.may_grant(scope):  # nobody hands out more than they hold
            raise InsufficientScope(f"the key that asks does not hold {scope} itself")
    expires_at = milliseconds(wanted.expires_at)
    if expires_at is not None and expires_at <= service.clock.now():
        raise InvalidField("expires_at: must be in the future")
    key, secret = await service.accounts.create_key(tenant, wanted.name, wanted.scopes, expires_at)
    return json_answer(made_key_document(key, secret.reveal()), 201)


async def list_keys(service: Service, admission: Admission) -> Answer:
    found = map(key_document, service.accounts.keys(admission.principal.tenant))
    return page_of(admission, found, attrgetter("id"))


async def revoke_key(service: Service, admission: Admission) -> Answer:
    key = await service.accounts.revoke_key(admission.principal.tenant, admission.params["id"])
    service.hub.end_key(key.id)
    return json_answer(key_document(key))


async def create_tenant(service: Service, admission: Admission) -> Answer:
    tenant = await service.accounts.create_tenant(read(NewTenant, admission.body).name)
    return json_answer(tenant_document(tenant), 201)


async def list_tenants(service: Service, admission: Admission) -> Answer:
    return page_of(admission, map(tenant_document, service.accounts.tenants()), attrgetter("id"))


async def suspend_tenant(service: Service, admission: Admission) -> Answer:
    tenant = await service.accounts.suspend_tenant(admission.params["id"], suspended=True)
    service.hub.end_tenant(tenant.id)
    return json_answer(tenant_document(tenant))


async def resume_tenant(service: Service, admission: Admission) -> Answer:
    return json_answer(tenant_document(await service.accounts.suspend_tenant(admission.params["id"], suspended=False)))


async def destroy_tenant(service: Service, admission: Admission) -> Answer:
    tenant = admission.params["id"]
    await service.accounts.suspend_tenant(tenant, suspended=True)  # nothing new may come in meanwhile
    service.hub.end_tenant(tenant)
    await service.endpoints.forget_tenant(tenant)
    await service.accounts.destroy_tenant(tenant)
    return Answer(204)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/me",
        policy=Policy(scope=ANY_KEY),
        handle=me,
        summary="Say who the API key belongs to",
        gives=Me,
    ),
    Operation(
        method="POST",
        path="/v1/keys",
        policy=Policy(scope="keys:write", body=BODY),
        handle=create_key,
        summary="Make an API key; it is shown this once",
        takes=NewKey,
        gives=MadeKey,
        status=201,
    ),
    Operation(
        method="GET",
        path="/v1/keys",
        policy=Policy(scope="keys:read", query=PAGED),
        handle=list_keys,
        summary="List API keys",
        gives=list[KeyDocument],
    ),
    Operation(
        method="DELETE",
        path="/v1/keys/{id}",
        policy=Policy(scope="keys:write"),
        handle=revoke_key,
        summary="Revoke an API key",
        gives=KeyDocument,
    ),
    Operation(
        method="POST",
        path="/v1/tenants",
        policy=Policy(scope="tenants:write", body=BODY),
        handle=create_tenant,
        summary="Make a tenant",
        takes=NewTenant,
        gives=TenantDocument,
        status=201,
        operator=True,
    ),
    Operation(
        method="GET",
        path="/v1/tenants",
        policy=Policy(scope="tenants:read", query=PAGED),
        handle=list_tenants,
        summary="List tenants",
        gives=list[TenantDocument],
        operator=True,
    ),
    Operation(
        method="POST",
        path="/v1/tenants/{id}/suspend",
        policy=Policy(scope="tenants:write"),
        handle=suspend_tenant,
        summary="Refuse all keys of a tenant",
        gives=TenantDocument,
        operator=True,
    ),
    Operation(
        method="POST",
        path="/v1/tenants/{id}/resume",
        policy=Policy(scope="tenants:write"),
        handle=resume_tenant,
        summary="Let a suspended tenant go on",
        gives=TenantDocument,
        operator=True,
    ),
    Operation(
        method="DELETE",
        path="/v1/tenants/{id}",
        policy=Policy(scope="tenants:write"),
        handle=destroy_tenant,
        summary="Destroy a tenant and everything it owns",
        status=204,
        operator=True,
    ),
    Operation(
        method="POST",
        path="/v1/tenants/{id}/keys",
        policy=Policy(scope="tenants:write", body=BODY),
        handle=create_tenant_key,
        summary="Make an API key for a tenant; it is shown this once",
        takes=NewKey,
        gives=MadeKey,
        status=201,
        operator=True,
    ),
)
