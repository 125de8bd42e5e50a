"""Receives webhooks from Gatepost and believes only those that are signed. Standard library and the SDK, nothing else.

Run, in three terminals:

    gatepost serve --first-key-file first-key --allow-networks 127.0.0.0/8
    GATEPOST_API_KEY_FILE=first-key gatepost endpoints create http://127.0.0.1:9000/hooks   # prints the secret
    WEBHOOK_SECRET=whsec_... python examples/a1_webhook_receiver.py

Protects: one call checks the signature over id, time and body, in constant time, and refuses recordings that are
older than five minutes. Webhooks may come twice, so their ids are remembered and repeats are answered but not handled.

Does not protect: the ids are in memory, so a restart forgets them; keep them with your data. There is no TLS here:
across a network, put a TLS proxy in front and listen on loopback.
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gatepost import verify_webhook
from gatepost.errors import InvalidSignature

ADDRESS = ("127.0.0.1", int(os.environ.get("PORT", "9000")))
MAX_BODY_BYTES = 128 * 1024
TIMEOUT_S = 10
REMEMBERED = 100_000

secret = os.environ.get("WEBHOOK_SECRET", "")
seen: dict[str, None] = {}  # a dict keeps the order, so the oldest can be forgotten


class Hooks(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self.answer(413)
            return
        body = self.rfile.read(int(length))  # the bytes as they came: parsing first would change what is verified
        try:
            webhook = verify_webhook(body, dict(self.headers.items()), secret)
        except InvalidSignature as error:
            print(f"refused: {error}", flush=True)
            self.answer(401)
            return
        if webhook.id not in seen:
            remember(webhook.id)
            print(f"{webhook.id}  {webhook.topic}  {webhook.type}  {webhook.data}", flush=True)
        self.answer(204)  # quickly: real work belongs into a queue, or Gatepost will think we are slow

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """What was received is printed above."""


def remember(webhook_id: str) -> None:
    seen[webhook_id] = None
    if len(seen) > REMEMBERED:
        seen.pop(next(iter(seen)), None)


def main() -> None:
    if not secret:
        sys.exit("set WEBHOOK_SECRET to the secret that `gatepost endpoints create` printed")
    with ThreadingHTTPServer(ADDRESS, Hooks) as server:
        print(f"listening on http://{ADDRESS[0]}:{server.server_address[1]}/hooks", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
