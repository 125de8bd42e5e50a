"""taskiq's part: a Redis stream, and one task that delivers one notification."""

from __future__ import annotations

import os

import aiohttp
from taskiq import TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

RECEIVER = os.environ["RECEIVER_URL"]

broker = RedisStreamBroker(os.environ["REDIS_URL"])


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_session(state: TaskiqState) -> None:
    state.session = aiohttp.ClientSession()


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_session(state: TaskiqState) -> None:
    await state.session.close()


@broker.task
async def deliver(notification: str) -> None:
    session: aiohttp.ClientSession = broker.state.session
    async with session.post(
        RECEIVER, data=notification.encode(), headers={"content-type": "application/json"}
    ) as answer:
        answer.raise_for_status()
