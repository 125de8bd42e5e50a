"""Both drivers run the same checks to the same decision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gatepost.errors import Unavailable
from gatepost.guard import Decision, FindKey, Headers, Request, decide, decide_async
from tests.unit.guard.gatehouse import Gatehouse, bearer, code


def knock(house: Gatehouse, key: str) -> Any:
    headers = Headers((name.encode(), value.encode()) for name, value in bearer(key).items())
    return house.gate.steps(Request("GET", "/v1/me", "", headers, "192.0.2.1"), house.gate.route("GET", "/v1/me"))


def later(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def fact(ask: Any) -> Any:
        await asyncio.sleep(0)
        return answer(ask)

    return fact


@pytest.mark.parametrize("known", [True, False])
async def test_sync_and_async_facts_lead_to_the_same_decision(known: bool) -> None:
    def outcome(decision: Decision) -> str:
        return decision.principal.key if hasattr(decision, "principal") else code(decision)

    house = Gatehouse()
    key = house.key() if known else house.unknown_key()
    facts = house.facts()
    waiting = {ask: later(answer) for ask, answer in facts.items()}
    outcomes = [
        outcome(decide(knock(house, key), facts)),
        outcome(await decide_async(knock(house, key), facts)),
        outcome(await decide_async(knock(house, key), waiting)),
    ]
    assert outcomes == ["key_0" if known else "unauthenticated"] * 3


async def test_a_fact_that_fails_admits_nobody() -> None:
    def fail(ask: FindKey) -> None:
        raise Unavailable("the store is away")

    house = Gatehouse()
    key = house.key()
    facts = {**house.facts(), FindKey: fail}
    with pytest.raises(Unavailable):
        decide(knock(house, key), facts)
    with pytest.raises(Unavailable):
        await decide_async(knock(house, key), facts)
