"""API1 and API5:2023: which objects and which functions a caller may reach."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.seeded.document import WRITES, Document, Operation
from tests.seeded.fault import Edit, Family, Fault, fault

_ID = re.compile(r"(^|_|-)id$|Id$|ID$|Sid$", re.ASCII)


def _numeric_id(document: Document) -> Iterator[Fault]:
    number = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9007199254740991}
    for spot in document.parameters:
        if spot.schema["in"] != "path" or not _ID.search(spot.name):
            continue
        if document.is_v2:
            kept = {key: spot.schema[key] for key in ("name", "in", "required", "description") if key in spot.schema}
            yield fault(spot.shape, spot.pointer, kept | number)
        else:
            yield fault(spot.shape, (*spot.pointer, "schema"), number)


def _oauth2_writes(document: Document) -> Iterator[tuple[Operation, str]]:
    for operation in document.operations:
        if operation.method in WRITES:
            for requirement in operation.node.get("security", document.tree["security"]):
                for scheme, scopes in requirement.items():
                    if scopes:
                        yield operation, scheme


def _read_scope_on_write(document: Document) -> Iterator[Fault]:
    for operation, scheme in _oauth2_writes(document):
        for scope in _all_scopes(document, scheme):
            if scope.endswith(":read"):
                yield fault("inline", (*operation.pointer, "security"), [{scheme: [scope]}])
                break


def _all_scopes(document: Document, scheme: str) -> Iterator[str]:
    node = document.components("securitySchemes")[scheme]
    for flow in node.get("flows", {"only": node}).values():
        yield from flow["scopes"]


def _no_scope_on_write(document: Document) -> Iterator[Fault]:
    for operation, scheme in _oauth2_writes(document):
        yield fault("inline", (*operation.pointer, "security"), [{scheme: []}])


def _open_delete(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        if operation.method == "delete":
            yield fault("inline", (*operation.pointer, "security"), [])


def copied(document: Document, path: str, method: str = "get", **changes: Any) -> Fault:
    """An operation of the document under another path: all of it is as clean as its model."""
    model = next(each for each in document.operations if each.method == method and "{" not in each.path)
    node = copy.deepcopy(model.node) | changes
    node["operationId"] = re.sub(r"\W+", "_", path).strip("_") + "_" + method
    return fault("inline", ("paths", path), {method: node})


def _added(*paths: str, method: str = "get") -> Callable[[Document], Iterator[Fault]]:
    def plant(document: Document) -> Iterator[Fault]:
        for path in paths:
            yield copied(document, path, method)

    return plant


def _reads(path: str, operation: str, summary: str) -> Callable[[Document], Fault]:
    def plant(document: Document) -> Fault:
        added = copied(document, path, summary=summary)
        added.edits[0].value["get"]["operationId"] = operation
        return added

    return plant


_STATE_CHANGING = (
    _reads("/records/delete", "deleteRecords", "Delete the records"),
    _reads("/records/import", "importRecords", "Start the import"),
    _reads("/users/deactivate", "deactivateUser", "Deactivate a user"),
)


def _state_changing_get(document: Document) -> Iterator[Fault]:
    for plant in _STATE_CHANGING:
        yield plant(document)


def _admin_like_everybody(document: Document) -> Iterator[Fault]:
    model = next(each for each in document.operations if each.method == "get" and "{" not in each.path)
    required = model.node.get("security", document.tree["security"])
    for path in ("/admin/users", "/admin/settings"):
        added = copied(document, path, security=required)
        yield Fault(added.shape, (*added.edits, Edit((*model.pointer, "security"), required)))


def _open_reset(document: Document) -> Iterator[Fault]:
    for path in ("/password-reset", "/users/reset-password"):
        yield copied(document, path, "post", security=[], summary="Choose a new password")


FAMILIES = (
    Family("numeric-id", "API1:2023", _numeric_id),
    Family("read-scope-on-write", "API5:2023", _read_scope_on_write),
    Family("no-scope-on-write", "API5:2023", _no_scope_on_write),
    Family("open-delete", "API5:2023", _open_delete, business=False),
    Family("state-changing-get", "API5:2023", _state_changing_get),
    Family("debug-path", "API8:2023", _added("/debug/pprof", "/actuator/env", "/internal/metrics", "/test/reset-data")),
    Family("admin-like-everybody", "API5:2023", _admin_like_everybody),
    Family("open-password-reset", "API2:2023", _open_reset),
)
