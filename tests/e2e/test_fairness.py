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
ROUNDS = 3
ALLOWED = 1.2
NOISE_S = 0.01
"""What a machine that does other things too adds to a 99th percentile of some milliseconds."""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_endpoints_that_hang_do_not_slow_down_the_others(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        calm, hanging = asyncio.run(_rounds(service.api))
    print(f"p99 in ms, calm: {_shown(calm)}; with {HANGING} of {ENDPOINTS} hanging: {_shown(hanging)}")
    assert median(hanging) <= median(calm) * ALLOWED + NOISE_S


async def _rounds(api: Api) -> tuple[list[float], list[float]]:
    """Calm rounds and hanging ones by turns, so that both meet the same machine."""
    scene = Scene(api, ENDPOINTS, HANGING)
    calm, hanging = [], []
    async with scene.ready():
        await scene.run(0, hang=False)  # the first connections of all
        for seed in range(ROUNDS):
            calm.append(await scene.run(seed, hang=False))
            hanging.append(await scene.run(seed, hang=True))
    return calm, hanging


def _shown(seconds: list[float]) -> str:
    return ", ".join(f"{each * 1000:.1f}" for each in seconds)
