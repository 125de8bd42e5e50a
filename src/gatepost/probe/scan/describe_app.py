"""Prints the description of a web application as JSON: `python -m gatepost.probe.scan.describe_app module:app`.

Runs in a process of its own, because importing an app runs whatever its author wrote.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

ADDRESSES = ("/openapi.json", "/swagger.json", "/apispec_1.json", "/api/openapi.json", "/api/schema/?format=json")
"""Where generators serve the description when the app object itself does not have it."""


def describe(name: str) -> Any:
    """The description of the app that `module:attribute` names. Raises LookupError when it has none."""
    app = load(name)
    with _context(app):
        for way in (_method, _attribute, _flask_smorest, _served, _spectacular):
            for found in way(app):
                if isinstance(found, Mapping) and ("openapi" in found or "swagger" in found):
                    return found
    raise LookupError("it has no generator of OpenAPI that is known")


def load(name: str) -> Any:
    """The object; one with `()` is called."""
    module, _, path = name.partition(":")
    sys.path.insert(0, os.getcwd())
    found: Any = importlib.import_module(module)
    for attribute in path.removesuffix("()").split("."):
        found = getattr(found, attribute)
    return found() if path.endswith("()") else found


def _context(app: Any) -> Any:
    context = getattr(app, "test_request_context", None)  # Flask: generators build URLs
    return context() if callable(context) else nullcontext()


def _method(app: Any) -> Iterator[Any]:
    """FastAPI, Litestar and Django Ninja."""
    for name in ("openapi", "get_openapi_schema"):
        method = getattr(app, name, None)
        if callable(method):
            yield method()
    schema: Any = getattr(app, "openapi_schema", None)
    if hasattr(schema, "to_schema"):
        yield schema.to_schema()


def _attribute(app: Any) -> Iterator[Any]:
    """APIFlask, flask-openapi3, flask-restx, apispec."""
    for name in ("spec", "api_doc", "__schema__"):
        value: Any = getattr(app, name, None)
        yield value.to_dict() if hasattr(value, "to_dict") else value


def _flask_smorest(app: Any) -> Iterator[Any]:
    apis = getattr(app, "extensions", {}).get("flask-smorest", {}).get("apis", {})
    for api in apis.values():
        yield api["ext_obj"].spec.to_dict()


def _served(app: Any) -> Iterator[Any]:
    """What a Flask app serves at the usual addresses."""
    client: Callable[[], Any] | None = getattr(app, "test_client", None)
    for address in ADDRESSES if client is not None else ():
        answer = client().get(address)  # type: ignore[misc]
        if answer.status_code == 200:
            yield answer.get_json(silent=True)


def _spectacular(_: Any) -> Iterator[Any]:
    """Django with drf-spectacular: importing the WSGI or ASGI application has set it up."""
    if "django" in sys.modules:
        generators = importlib.import_module("drf_spectacular.generators")
        yield generators.SchemaGenerator().get_schema(request=None, public=True)


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the app prints must not land in its description
    try:
        document = describe(sys.argv[1])
        json.dump(document, answer, default=str)
        answer.flush()
    except Exception as error:  # noqa: BLE001 - whatever an app raises is the reason that is told
        sys.exit(f"{type(error).__name__}: {error}".splitlines()[0])


if __name__ == "__main__":
    main()
