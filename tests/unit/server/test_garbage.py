"""Cycles are collected between requests, and Python collects by itself again afterwards."""

from __future__ import annotations

import asyncio
import gc

from gatepost.server.garbage import collect_for_ever


async def test_python_does_not_collect_by_itself_while_the_service_runs() -> None:
    collecting = asyncio.create_task(collect_for_ever())
    await asyncio.sleep(0)
    assert not gc.isenabled()
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
