"""The two drivers of checks: the same generator, run by whoever has the facts at hand or has to wait for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from gatepost.guard.asks import Ask

Outcome = TypeVar("Outcome")

Facts = Mapping[type, Callable[[Any], Any]]
"""Who answers which ask. For `decide_async` an answer may be awaitable."""


def decide(steps: Generator[Ask, Any, Outcome], facts: Facts) -> Outcome:
    """Run the checks to their end. What a fact raises is raised here, and the request is not admitted."""
    answer: Any = None
    while True:
        try:
            ask = steps.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        answer = facts[type(ask)](ask)


async def decide_async(steps: Generator[Ask, Any, Outcome], facts: Facts) -> Outcome:
    """The same, awaiting only answers that have to be awaited."""
    answer: Any = None
    while True:
        try:
            ask = steps.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        answer = facts[type(ask)](ask)
        if hasattr(answer, "__await__"):
            answer = await answer
