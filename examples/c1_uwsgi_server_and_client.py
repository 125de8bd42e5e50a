r"""A small JSON service as plain WSGI under uWSGI, and a client with requests that gives up in time and tries again.

Run (starts uWSGI on a free port, talks to it, and ends it):

    pip install pyuwsgi requests
    python examples/c1_uwsgi_server_and_client.py

Or the service alone, as it runs behind nginx:

    cd examples && uwsgi --http-socket 127.0.0.1:8000 --mount /=c1_uwsgi_server_and_client:app \
        --manage-script-name --need-app --master --die-on-term

Protects: bodies are bounded; uWSGI ends a request that takes too long (`--harakiri`), takes no headers beyond its
buffer, and does not start without its app (`--need-app`). The client waits a bounded time and repeats only what may
be repeated.

Does not protect: there is no TLS and no check of who calls, so it listens on loopback: a proxy with TLS in front, a
gate in it (`gatepost.guard`). Notes are in the memory of one process; with `--processes 2` each would have its own.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

MAX_BODY_BYTES = 4 * 1024
MAX_NOTES = 1000
TIMEOUT_S = 5

OPTIONS = (
    *("--manage-script-name", "--need-app", "--master", "--die-on-term"),
    *("--add-header", "Connection: close"),  # an http-socket takes one request a connection and does not say so
    *("--post-buffering", "8192"),  # reads a body to its end, so that a refusal is not lost in a reset
)

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

notes: list[str] = []


# The service


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    status, answer = handle(environ)
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


def handle(environ: Environ) -> tuple[str, Any]:
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET", "/notes":
            return "200 OK", notes
        case "POST", "/notes":
            return add(environ)
        case _, "/notes":
            return "405 Method Not Allowed", {"error": "GET and POST are taken here"}
    return "404 Not Found", {"error": "there are only /notes"}


def add(environ: Environ) -> tuple[str, Any]:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return "413 Content Too Large", {"error": f"a note takes {MAX_BODY_BYTES} bytes"}
    try:
        note = json.loads(environ["wsgi.input"].read(int(length)))
    except ValueError:
        return "400 Bad Request", {"error": "the body is not JSON"}
    if not isinstance(note, str) or not note:
        return "422 Unprocessable Content", {"error": "a note is a text"}
    if len(notes) == MAX_NOTES:
        return "507 Insufficient Storage", {"error": "there is no room for another note"}
    notes.append(note)
    return "201 Created", {"number": len(notes)}


# The client


def converse(url: str) -> None:
    retries = Retry(total=3, backoff_factor=0.1, status_forcelist=(502, 503, 504), allowed_methods=("GET",))
    with requests.Session() as http:
        http.mount(url, HTTPAdapter(max_retries=retries))
        for what, method, path, body in (
            ("a note", "POST", "/notes", '"buy stamps"'),
            ("another", "POST", "/notes", '"post the letter"'),
            ("all", "GET", "/notes", None),
            ("no JSON", "POST", "/notes", "buy stamps"),
            ("no text", "POST", "/notes", "[1]"),
            ("too large", "POST", "/notes", json.dumps("x" * MAX_BODY_BYTES)),
            ("wrong method", "DELETE", "/notes", None),
            ("nothing there", "GET", "/letters", None),
        ):
            answer = http.request(method, url + path, data=body, timeout=TIMEOUT_S)
            print(f"{what:13} {answer.status_code} {answer.text}")
    try:
        requests.get("http://127.0.0.1:1/notes", timeout=TIMEOUT_S)
    except requests.ConnectionError as error:
        print(f"{'nobody there':13} {type(error).__name__}")


@contextmanager
def serving() -> Iterator[str]:
    """uWSGI on a free port, until the block ends."""
    found = shutil.which("uwsgi", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        sys.exit("uwsgi is not installed: pip install pyuwsgi")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        options = ["--http-socket", f"fd://{listener.fileno()}", "--mount", f"/={Path(__file__).stem}:app"]
        limits = ["--harakiri", str(TIMEOUT_S), "--buffer-size", "8192", "--limit-post", "1048576", "--listen", "64"]
        process = subprocess.Popen(
            [found, *options, *OPTIONS, *limits],
            cwd=Path(__file__).parent,
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


if __name__ == "__main__":
    with serving() as url:
        converse(url)
