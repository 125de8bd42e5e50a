"""What the service says about itself: its health, its counters, its API document, its error codes."""

from __future__ import annotations

from functools import cache

from gatepost._version import __version__
from gatepost.errors import GatepostError, NotFound, every_error
from gatepost.guard.policy import PUBLIC, Policy
from gatepost.guard.request import Admission
from gatepost.server.api.operation import Operation, json_answer
from gatepost.server.api.views import Status
from gatepost.server.service import Service
from gatepost.web.problem import Answer, status_of


async def health(_service: Service, _admission: Admission) -> Answer:
    return json_answer({"status": "ok"})


async def status(service: Service, _admission: Admission) -> Answer:
    totals = service.store.totals
    return json_answer(
        Status(
            version=__version__,
            uptime_s=(service.clock.now() - service.started_at) / 1000,
            accepted=totals.accepted,
            delivered=totals.delivered,
            dead=totals.dead,
            backlog=totals.backlog,
            parked=await service.store.parked_by_tenant(),
            payload_bytes=totals.payload_bytes,
        )
    )


async def openapi(_service: Service, _admission: Admission) -> Answer:
    return Answer(200, _document())


async def explain_problem(_service: Service, admission: Admission) -> Answer:
    """The page that the `type` of every problem document leads to."""
    code = admission.params["code"]
    error = next((each for each in every_error() if each.code == code), None)
    if error is None:
        raise NotFound("there is no such code")
    return Answer(200, _explained(error).encode(), "text/plain; charset=utf-8")


def _explained(error: type[GatepostError]) -> str:
    lines = [f"{error.code} ({_status(error)})", "", f"{error.title}."]
    kinds = [child.code for child in error.__subclasses__()]
    if kinds:
        lines += ["", f"More exactly one of: {', '.join(kinds)}."]
    return "\n".join(lines) + "\n"


def _status(error: type[GatepostError]) -> int:
    return status_of(error.__new__(error))


@cache
def _document() -> bytes:
    from gatepost.server.api.document import openapi_document  # noqa: PLC0415 - built on the first request for it

    return openapi_document()


OPERATIONS = (
    Operation(
        method="GET",
        path="/healthz",
        policy=Policy(scope=PUBLIC),
        handle=health,
        summary="Say that the service is up",
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        policy=Policy(scope=PUBLIC),
        handle=openapi,
        summary="The description of this API",
    ),
    Operation(
        method="GET",
        path="/problems/{code}",
        policy=Policy(scope=PUBLIC),
        handle=explain_problem,
        summary="What an error code means",
    ),
    Operation(
        method="GET",
        path="/v1/status",
        policy=Policy(scope="status:read"),
        handle=status,
        summary="Counters of the whole service",
        gives=Status,
        operator=True,
    ),
)
