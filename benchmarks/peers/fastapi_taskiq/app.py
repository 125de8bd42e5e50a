"""FastAPI's part: takes a notification and leaves the rest to taskiq."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from tasks import broker, deliver


class Notification(BaseModel):
    id: str
    topic: str
    type: str
    payload: dict[str, Any]


@asynccontextmanager
async def connected(_: FastAPI) -> AsyncIterator[None]:
    await broker.startup()
    yield
    await broker.shutdown()


app = FastAPI(lifespan=connected)


@app.post("/notifications", status_code=202)
async def accept(notification: Notification) -> dict[str, str]:
    task = await deliver.kiq(notification.model_dump_json())
    return {"id": task.task_id}
