"""A hundredth of all endpoints accepts and never answers: the others must not feel it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median

import pytest

from tests.e2e.fairness_scene import Scene
from tests.e2e.raw_http import Api
from tests.e2e.service_process import running

ENDPOINTS = 1_000
HANGING = 10
ALLOWED = 1.2

ROUNDS = 8
"""Calm ones and as many hanging ones, 600 notifications each to the endpoints that are compared."""

MAX_ROUNDS = 24
"""More, while the machine does so many other things that the rounds so far differ."""

STALL_S = 1.0
"""In no round it takes so long: without the rules of fairness those that hang stop all others for 12 seconds, once."""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_endpoints_that_hang_do_not_slow_down_the_others(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        calm, hanging = asyncio.run(_rounds(service.api))
    print(f"p99 in ms, calm: {_shown(calm)}; with {HANGING} of {ENDPOINTS} hanging: {_shown(hanging)}")
    assert max(hanging) < STALL_S
    assert _are_alike(calm, hanging)


async def _rounds(api: Api) -> tuple[list[float], list[float]]:
    """The 99th percentiles of calm rounds and of hanging ones, by turns, so that both meet the same machine."""
    scene = Scene(api, ENDPOINTS, HANGING)
    calm: list[float] = []
    hanging: list[float] = []
    async with scene.ready():
        await scene.run(MAX_ROUNDS, hang=False)  # the first connections of all
        for seed in range(MAX_ROUNDS):
            calm.append(_p99(await scene.run(seed, hang=False)))
            hanging.append(_p99(await scene.run(seed, hang=True)))
            if len(calm) >= ROUNDS and _are_alike(calm, hanging):
                break
    return calm, hanging


def _are_alike(calm: list[float], hanging: list[float]) -> bool:
    return median(hanging) <= median(calm) * ALLOWED


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]


def _shown(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ({', '.join(f'{each * 1000:.1f}' for each in seconds)})"
