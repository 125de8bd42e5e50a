"""A plain ASGI application: what is posted goes to all who listen by WebSocket, one after the other."""

from __future__ import annotations

from typing import Any

listeners: dict[Any, None] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await listen(receive, send)
    else:
        await publish(receive, send)


async def listen(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    listeners[send] = None
    while (await receive())["type"] != "websocket.disconnect":
        pass
    del listeners[send]


async def publish(receive: Any, send: Any) -> None:
    text = (await body(receive)).decode()
    for listener in tuple(listeners):
        await listener({"type": "websocket.send", "text": text})
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def body(receive: Any) -> bytes:
    whole, event = b"", {"more_body": True}
    while event["more_body"]:
        event = await receive()
        whole += event["body"]
    return whole
