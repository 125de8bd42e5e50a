"""Every rule of the scanner, and how one is written.

A rule is a function that takes a `Description` and yields `Hit`s, in the module of its OWASP category:

    @rule(
        "api8-plain-http",
        title="The API is served without encryption",
        severity=Severity.HIGH,
        owasp="API8:2023",
        cwe=319,
        why="Whoever is on the way reads and changes what is sent, credentials included.",
        exploited="An attacker in the same Wi-Fi reads the token of a request and uses it as their own.",
        remediation="Serve it over https only.",
        good="servers: [{url: https://api.example.com}]",
        bad="servers: [{url: http://api.example.com}]",
    )
    def plain_http(description: Description) -> Iterator[Hit]:
        for operation in description.operations:
            for server in operation.servers:
                if server.url.startswith("http://"):
                    yield Hit(server.place, f"{server.url} is reached without TLS", (operation,))

Hits of one rule at one place are one finding with all their operations: yield freely, the engine joins.

A place is a `Node`: it knows its file, line and pointer. For something that is *missing*, hit the node in which
it is missing. `Node.get("a", "b")` follows names and every `$ref` and gives None where something is missing;
`text`, `texts`, `number`, `flag` give values with a default; `entries()` and `items()` go through children as they
are written, `child.resolved` is what a `$ref` among them stands for; `at("a")` is the child without following its
`$ref`; `walk()` is everything below. A node's `value` may be of any type: a document can be wrong anywhere.

Ask the model, not the nodes, wherever it has the answer; it evens out the versions of the standard:

- `description.operations` (also `.webhooks`, `.callbacks`), `.schemas`, `.servers`, `.security_schemes`,
  `.security_node`, `.path_items`, `.component("schemas")`, `.strings` (every string of every file, as nodes),
  `.version` (a table: `.version.unevaluated`), `.former` (how it looked before, with `--since`, or None)
- `operation.anonymous`, `.security` (alternatives of requirements), `.schemes`, `.scopes`, `.is_write`, `.words`,
  `.parameters`, `.parameter("limit")`, `.bodies` (one for each media type), `.responses`, `.response("429")`,
  `.servers`, `.tags`, `.deprecated`, `.node` and `.item` as places
- `schema.is_string`, `.is_array`, ..., `.constraint("maxLength")` (here or through `allOf`), `.minimum()`,
  `.own_properties` and `.properties` (name, place, schema, required, read_only, write_only), `.items`, `.branches`,
  `.in_request`, `.in_response`, `.accepted_by`, `.returned_by`, `.node`

A rule about schemas goes through all of them, not through operations: that is linear, and `Hit.operations` may
stay empty, because the engine knows which operations use a place:

    def unbounded_string(description: Description) -> Iterator[Hit]:
        for schema in description.schemas:
            if schema.is_string and schema.in_request and schema.constraint("maxLength") is None:
                yield Hit(
                    schema.node,
                    "this string may be of any length",
                    fix=(SetKey(schema.node, "maxLength", 255, guess=True),),
                )

`own_properties` shows each property once over all schemas; `properties` also shows what `allOf` brings.
A fix is a tuple of `SetKey`, `ReplaceValue`, `RemoveKey`, `AppendItem` of `gatepost.probe.scan.edits`.
Use `detail` when one place can be hit for several reasons, and `actionable=False` for what only `--strict` shows.
The examples are run by the tests: each `bad` one must be hit by its rule, no `good` one may be.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from gatepost.probe.scan.rules.rule import Rule


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules, by category and in the order in which they are written."""
    names = sorted(module.name for module in pkgutil.walk_packages(__path__, f"{__name__}."))
    modules = [import_module(name) for name in names]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Rule)]
    return tuple({each.id: each for each in found}.values())
