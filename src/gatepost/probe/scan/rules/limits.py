"""How a document can say that calls are limited."""

from __future__ import annotations

from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.words import squeezed

_POLICIES = ("ratelimit", "gatepostlimit", "throttl", "quota", "spikearrest")
"""In names of extensions: `x-rate-limit`, `x-amazon-apigateway-throttling`, `x-google-quota`, ..."""

_HEADERS = ("ratelimit", "retryafter")


def refuses_too_many(operation: Operation) -> bool:
    """Whether the answer to too many calls is documented, by its own status or that of its range."""
    return any(response.status.upper() in ("429", "4XX") for response in operation.responses)


def has_limit_policy(operation: Operation) -> bool:
    """Whether an extension of the operation, its path or the document states a limit."""
    root = operation.description.root
    return any(_states_policy(node) for node in (operation.node, operation.item, root, root.get("paths")) if node)


def shows_limits(operation: Operation) -> bool:
    """Whether answers carry headers with limits, such as `RateLimit-Remaining`."""
    return any(
        squeezed(header.name).removeprefix("x").startswith(_HEADERS)
        for response in operation.responses
        for header in response.headers
    )


def _states_policy(node: Node) -> bool:
    return any(
        name.startswith("x-") and any(policy in squeezed(name) for policy in _POLICIES) for name, _ in node.entries()
    )
