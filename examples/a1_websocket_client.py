"""Listens by WebSocket: several subscriptions on one connection, each of which goes on where it was.

Needs the `websockets` package (`pip install websockets`); Gatepost's own SDK listens by server-sent events and needs
nothing more. Take this way where a client wants to subscribe and unsubscribe while it is connected.

Run, in three terminals:

    gatepost serve --first-key-file first-key
    GATEPOST_API_KEY=$(cat first-key) python examples/a1_websocket_client.py 'orders.*' invoices
    GATEPOST_API_KEY_FILE=first-key gatepost send orders.eu order.paid '{"order": 4711}'

Protects: the key goes in the first message, never in the address, and only over TLS or to this machine. After a break
every subscription continues behind the last notification it got; what is no longer kept is told as a gap. Messages are
bounded.

Does not protect: the positions are in memory, so another run begins with what is accepted then;
`a1_sse_client.py` keeps its place on disk.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

URL = os.environ.get("GATEPOST_URL", "http://127.0.0.1:8080")
MAX_MESSAGE_BYTES = 1024 * 1024
REFUSED = {4001, 4009, 4010}  # no valid key, an expired one, a revoked one: asking again does not help


def main() -> None:
    patterns = sys.argv[1:] or ["orders.*"]
    positions: dict[int, str] = {}
    while True:
        try:
            with connect(address(), max_size=MAX_MESSAGE_BYTES, proxy=None) as socket:
                subscribe(socket, patterns, positions)
                for message in socket:
                    take(json.loads(message), patterns, positions)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code in REFUSED:
                sys.exit(f"refused: {closed.rcvd.reason}")
        except (OSError, InvalidHandshake) as error:
            print(f"no connection: {error}", file=sys.stderr, flush=True)
        time.sleep(1 + random.random())  # not all listeners at once


def address() -> str:
    parts = urlsplit(URL)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        sys.exit("https://, or the API key would travel unencrypted")
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}/v1/ws"


def subscribe(socket: ClientConnection, patterns: list[str], positions: dict[int, str]) -> None:
    socket.send(json.dumps({"type": "connect", "token": os.environ.get("GATEPOST_API_KEY", ""), "name": "example"}))
    for number, pattern in enumerate(patterns):
        place = {"position": positions[number]} if number in positions else {}
        socket.send(json.dumps({"type": "subscribe", "id": number, "topics": [pattern], **place}))


def take(message: dict[str, object], patterns: list[str], positions: dict[int, str]) -> None:
    match message:
        case {"type": "subscribed", "id": int(number), "position": str(position), "recovered": recovered}:
            positions[number] = position
            missing = "" if recovered else "; some of what was missed is no longer kept"
            print(f"listening to {patterns[number]}{missing}", flush=True)
        case {"type": "notification", "subscription": int(number), "position": str(position), "notification": dict(n)}:
            positions[number] = position
            print(f"{patterns[number]}: {n['topic']}  {n['type']}  {n['data']}", flush=True)
        case {"type": "gap", "id": int(number)}:
            print(f"{patterns[number]}: something is missing here", flush=True)
        case {"type": "error", "problem": dict(problem)}:
            print(f"error: {problem['detail']}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped")
