"""Flask's part: takes a notification and leaves the rest to Celery."""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue

from tasks import deliver

app = Flask(__name__)


@app.post("/notifications")
def accept() -> ResponseReturnValue:
    notification = request.get_json()
    if not isinstance(notification.get("topic"), str) or not isinstance(notification.get("payload"), dict):
        return {"error": "topic and payload are needed"}, 422
    task = deliver.delay(request.get_data(as_text=True))
    return {"id": task.id}, 202
