"""The two drivers of checks: the same generator, run by whoever has the facts at hand or has to wait for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatepost.guard.request import Decision
from gatepost.guard.visit import Steps

Facts = Mapping[type, Callable[[Any], Any]]
"""Who answers which ask. For `decide_async` an answer may be awaitable."""


def decide(steps: Steps, facts: Facts) -> Decision:
    """Run the checks to their end. What a fact raises is raised here, and the request is not admitted."""
    answer: Any = None
    while True:
        try:
            ask = steps.send(answer)
        except StopIteration as end:
            decision: Decision = end.value
            return decision
        answer = facts[type(ask)](ask)


async def decide_async(steps: Steps, facts: Facts) -> Decision:
    """The same, awaiting only answers that have to be awaited."""
    answer: Any = None
    while True:
        try:
            ask = steps.send(answer)
        except StopIteration as end:
            decision: Decision = end.value
            return decision
        answer = facts[type(ask)](ask)
        if hasattr(answer, "__await__"):
            answer = await answer
