"""The OpenAPI Specification's own JSON Schemas."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from gatepost.errors import Internal

_PACKAGE = "openapi_spec_validator"
"""It brings the schemas that the OpenAPI Initiative publishes. They are read; nothing of the package is run."""

_SCHEMA_OBJECT = {"$dynamicAnchor": "meta", "$ref": "https://json-schema.org/draft/2020-12/schema"}
"""What a schema is since 3.1; the published schema leaves the dialect open."""


@cache
def specification(version: str) -> jsonschema_rs.Validator:
    """The validator for documents of a version such as `3.1`."""
    schema = _published(version)
    if "$defs" in schema:
        schema["$defs"]["schema"] = _SCHEMA_OBJECT
    return jsonschema_rs.validator_for(schema, offline=True)


def _published(version: str) -> Any:
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.submodule_search_locations is None:
        raise Internal(f"{_PACKAGE} is missing; it comes with gatepost[scan]")
    folder = Path(package.submodule_search_locations[0])
    return json.loads((folder / "resources" / "schemas" / f"v{version}" / "schema.json").read_text("utf-8"))
