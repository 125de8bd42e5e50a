"""Whom an operation is for: some are meant for everybody, credential or not."""

from __future__ import annotations

from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.flows import flow_of
from gatepost.probe.scan.rules.naming import about
from gatepost.probe.scan.rules.vocabulary import ASKS, OPEN_TO_ALL, PASSWORD_RESETS, SIGN_IN
from gatepost.probe.scan.rules.words import literals_of, words_of


def requires_nothing(operation: Operation) -> bool:
    """Whether no alternative asks for anything; an empty one beside others makes a credential optional instead."""
    return not any(alternative.requirements for alternative in operation.security)


def is_open_by_design(operation: Operation) -> bool:
    """Whether callers without a credential are expected: health checks, signing in, signed webhooks."""
    return is_for_monitoring(operation) or is_signing_in(operation) or is_signed(operation)


def is_for_monitoring(operation: Operation) -> bool:
    """Whether it tells if the service lives, or how it is called."""
    parts = [part.lower() for part in literals_of(operation.path)]
    if operation.is_write:
        return False
    if not parts:
        return operation.path.strip("/") == ""
    return parts[-1] in OPEN_TO_ALL or parts[0] == ".well-known"


def is_signing_in(operation: Operation) -> bool:
    """Whether it is called to get a credential."""
    if resets_password(operation):
        return False
    flow = flow_of(operation)
    return (flow is not None and flow.tells_accounts) or ("{" not in operation.path and SIGN_IN.within(operation.path))


def is_signed(operation: Operation) -> bool:
    """Whether it takes a signature over the request, as receivers of webhooks do."""
    return any(
        each.location == "header" and not {"signature", "hmac"}.isdisjoint(words_of(each.name))
        for each in operation.parameters
    )


def resets_password(operation: Operation) -> bool:
    """Whether it sets a password, or begins to."""
    return operation.is_write and PASSWORD_RESETS.within(about(operation))


def only_asks(operation: Operation) -> bool:
    """Whether it changes nothing although its method may: a search with a body is a POST."""
    parts = literals_of(operation.path)
    last = words_of(parts[-1])[:1] if parts else ()
    first = words_of(operation.node.text("operationId"))[:1]
    return not ASKS.isdisjoint((*last, *first))
