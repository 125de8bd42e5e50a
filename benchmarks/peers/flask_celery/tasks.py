"""Celery's part: one task delivers one notification. Tuned as its documentation advises for short tasks."""

from __future__ import annotations

import os
import threading

import requests
from celery import Celery

RECEIVER = os.environ["RECEIVER_URL"]
TIMEOUT_S = 15

app = Celery("notifications", broker=os.environ["REDIS_URL"])
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=100)

_own = threading.local()


@app.task
def deliver(notification: str) -> None:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
    answer = _own.session.post(
        RECEIVER, data=notification.encode(), headers={"content-type": "application/json"}, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
