"""A small REST service of one's own, and a client that talks to it: JSON both ways, every mistake told apart.

Run:

    pip install uvicorn httpx
    python examples/a1_rest_server_and_client.py

It starts the service on a free port of this machine, goes through the life of a book with the client, makes the
usual mistakes, prints what came back, and ends. The service is plain ASGI: the same `app` runs under any server
(`uvicorn a1_rest_server_and_client:app`).

Protects: bodies are bounded and validated field by field before anything is stored; errors are problem documents
(RFC 9457) that never show the inside; repeating a PUT or DELETE does no harm.

Does not protect: everybody who can reach it may do everything, which is why it listens on loopback only. Who may do
what is the business of a gate in front (`gatepost.guard`); TLS comes with any address beyond this machine.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import uvicorn

MAX_BODY_BYTES = 16 * 1024
MAX_BOOKS = 10_000

books: dict[str, dict[str, Any]] = {}

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Problem(Exception):
    """A refusal, as the client will see it."""

    def __init__(self, status: int, title: str, **more: Any) -> None:
        super().__init__(title)
        self.document = {"status": status, "title": title, **more}


# The service


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    try:
        status, document = handle(scope["method"], scope["path"], await read_body(receive))
        await answer(send, status, document, b"application/json")
    except Problem as problem:
        await answer(send, problem.document["status"], problem.document, b"application/problem+json")


async def read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(413, "the body is too large")
        if not message.get("more_body"):
            return body


def handle(method: str, path: str, body: bytes) -> tuple[int, Any]:
    match method, path.strip("/").split("/"):
        case "GET", ["books"]:
            return 200, list(books.values())
        case "GET", ["books", isbn] if isbn in books:
            return 200, books[isbn]
        case "PUT", ["books", isbn]:
            return store(isbn, body)
        case "DELETE", ["books", isbn]:
            books.pop(isbn, None)
            return 204, None
        case _, ["books"] | ["books", _] if method not in ("GET", "PUT", "DELETE"):
            raise Problem(405, "this address does not take that method")
        case _:
            raise Problem(404, "there is no such book")


def store(isbn: str, body: bytes) -> tuple[int, Any]:
    if not (isbn.isascii() and isbn.isdigit() and len(isbn) == 13):
        raise Problem(422, "an ISBN has 13 digits")
    if isbn not in books and len(books) >= MAX_BOOKS:
        raise Problem(507, "there is no room for another book")
    status = 200 if isbn in books else 201
    books[isbn] = {"isbn": isbn, **valid(parse(body))}
    return status, books[isbn]


def parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None


def valid(book: Any) -> dict[str, Any]:
    """The book, if every field is right; all that is wrong at once otherwise."""
    if not isinstance(book, dict):
        raise Problem(422, "a book is an object")
    errors = [{"pointer": f"/{name}", "detail": "there is no such field"} for name in book.keys() - {"title", "pages"}]
    title, pages = book.get("title"), book.get("pages")
    if not (isinstance(title, str) and 0 < len(title) <= 200):
        errors.append({"pointer": "/title", "detail": "must be a text of 1 to 200 characters"})
    if type(pages) is not int or not 0 < pages <= 10_000:  # isinstance would let true through
        errors.append({"pointer": "/pages", "detail": "must be a whole number from 1 to 10,000"})
    if errors:
        raise Problem(422, "the book is not valid", errors=errors)
    return {"title": title, "pages": pages}


async def answer(send: Send, status: int, document: Any, media_type: bytes) -> None:
    body = b"" if document is None else json.dumps(document).encode()
    headers = [(b"content-type", media_type), (b"x-content-type-options", b"nosniff")]
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


# The client


def converse(url: str) -> None:
    with httpx.Client(base_url=url, timeout=5) as http:
        dune = {"title": "Dune", "pages": 412}
        show("store", http.put("/books/9780441172719", json=dune))
        show("store again", http.put("/books/9780441172719", json=dune))
        show("read", http.get("/books/9780441172719"))
        show("list", http.get("/books"))
        show("wrong fields", http.put("/books/9780441172719", json={"title": "", "pages": True, "price": 9}))
        show("not JSON", http.put("/books/9780441172719", content=b"{'title': 'Dune'}"))
        show("too large", http.put("/books/9780441172719", content=b"x" * (MAX_BODY_BYTES + 1)))
        show("wrong method", http.patch("/books/9780441172719"))
        show("remove", http.delete("/books/9780441172719"))
        show("remove again", http.delete("/books/9780441172719"))
        show("gone", http.get("/books/9780441172719"))
    try:
        httpx.get("http://127.0.0.1:1/books", timeout=1)
    except httpx.TransportError as error:
        print(f"{'nobody there':13} {type(error).__name__}")


def show(what: str, response: httpx.Response) -> None:
    print(f"{what:13} {response.status_code} {response.text}")


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            converse(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
