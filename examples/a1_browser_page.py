"""A page that shows notifications live, and the small backend that it needs. Standard library and the SDK.

Run, in three terminals:

    gatepost serve --first-key-file first-key --stream-origins http://127.0.0.1:9100
    GATEPOST_API_KEY=$(cat first-key) python examples/a1_browser_page.py
    GATEPOST_API_KEY_FILE=first-key gatepost send orders.eu order.paid '{"order": 4711}'

and open http://127.0.0.1:9100/ in a browser before the last one.

Protects: the API key stays in the backend. The page gets a token that may listen to its topics alone, for a minute;
when it has expired, the page asks for another and goes on where it was. The content security policy lets the page run
its own script and nothing else, and connect to its own backend and Gatepost alone. What comes is shown as text and
can never become markup. Only the page itself may ask for tokens, not other pages that the visitor has open.

Does not protect: there is no login here: who can open the page may listen. Put yours before `make_token`, and choose
the topics by who asks. The token is in the address of the stream, so the service's proxy should not log queries.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

from gatepost import Client
from gatepost.errors import GatepostError

ADDRESS = ("127.0.0.1", int(os.environ.get("PORT", "9100")))
GATEPOST = os.environ.get("GATEPOST_URL", "http://127.0.0.1:8080")
TOPICS = ["orders.*"]
TOKEN_LIFE_S = 60
TIMEOUT_S = 10

POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {GATEPOST}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Live orders</title>
<link rel="stylesheet" href="/page.css">
<h1>Live orders</h1>
<p id="state">connecting</p>
<ol id="orders"></ol>
<script src="/page.js"></script>
</html>
"""

STYLE = "body { font: 1rem/1.5 system-ui; margin: 2rem auto; max-width: 40rem } #state { color: #666 }"

SCRIPT = """"use strict";
const state = document.getElementById("state");
const orders = document.getElementById("orders");
let last = null;

function show(text) {
  const row = document.createElement("li");
  row.textContent = text;
  orders.prepend(row);
}

async function listen() {
  try {
    const answer = await fetch("/token", { method: "POST" });
    if (!answer.ok) throw new Error("no token");
    open(await answer.json());
  } catch {
    again();
  }
}

function open({ stream, expires_at: expiresAt }) {
  const source = new EventSource(last === null ? stream : `${stream}&${new URLSearchParams({ last_event_id: last })}`);
  source.onopen = () => { state.textContent = "live"; };
  source.onmessage = (event) => {
    last = event.lastEventId;
    const { topic, type, data } = JSON.parse(event.data);
    show(`${topic} ${type} ${JSON.stringify(data)}`);
  };
  source.addEventListener("gap", () => show("something is missing here"));
  source.onerror = () => {
    state.textContent = "connecting";
    if (source.readyState !== EventSource.CLOSED && Date.now() < Date.parse(expiresAt)) return;  // it mends itself
    source.close();
    again();
  };
}

function again() {
  setTimeout(listen, 500 + 1500 * Math.random());  // not all visitors at once
}

listen();
"""

FILES = {
    "/": (PAGE, "text/html; charset=utf-8"),
    "/page.css": (STYLE, "text/css; charset=utf-8"),
    "/page.js": (SCRIPT, "text/javascript; charset=utf-8"),
}


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S
    gatepost: Client

    def do_GET(self) -> None:
        text, media_type = FILES.get(self.path, (None, ""))
        if text is None:
            self.answer(404)
        else:
            self.answer(200, text, media_type)

    def do_POST(self) -> None:
        self.close_connection = True  # whatever body came is not read
        if self.path != "/token":
            self.answer(404)
        elif self.headers.get("Origin") != f"http://{self.headers.get('Host')}":
            self.answer(403)  # another page asks; browsers always say which
        else:
            self.make_token()

    def make_token(self) -> None:
        try:
            made = self.gatepost.create_stream_token(TOPICS, life_seconds=TOKEN_LIFE_S)
        except GatepostError as error:
            print(f"{error.code}: {error}", file=sys.stderr, flush=True)
            self.answer(503)
            return
        query = urlencode({"topic": ",".join(made.topics), "token": made.token.reveal()})
        token = {"stream": f"{GATEPOST}/v1/stream?{query}", "expires_at": made.expires_at.isoformat()}
        self.answer(200, json.dumps(token), "application/json")

    def answer(self, status: int, text: str = "", media_type: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing to log."""


def main() -> None:
    with Client(GATEPOST) as Backend.gatepost, ThreadingHTTPServer(ADDRESS, Backend) as server:
        print(f"open http://{ADDRESS[0]}:{server.server_address[1]}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    try:
        main()
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
