"""The two things that cross between what the SDK decides and what it does: a request and its answer.

A call is decided by a generator that yields a `Request` and is sent the `Answer`, or thrown the
`DeliveryFailed` that came instead of one. `sync.py` and `aio.py` only perform what is yielded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Generic, TypeAlias, TypeVar, get_origin
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from gatepost.client.results import Page, Problem
from gatepost.crypto.secret import Secret
from gatepost.errors import FieldError, GarbledAnswer, ServiceError

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of one answer: a page of 100 notifications with payloads of 64 KiB is 6.4 MiB."""

T = TypeVar("T")


class Request(Struct, frozen=True):
    """One HTTP request, to be made `delay` seconds from now. `repeatable`: made twice, it does the same as once."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    repeatable: bool = True
    delay: float = 0.0


class Answer(Struct, frozen=True):
    """What came back. Names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Call(Struct, Generic[T], frozen=True):
    """One verb of the API: the request and how its answer reads.

    `keyed` calls carry an idempotency key, made here when the caller gave none, so that they may be repeated.
    """

    request: Request
    read: Callable[[Answer], T]
    keyed: bool = False


class Listing(Struct, Generic[T], frozen=True):
    """A list that comes in pages."""

    path: str
    query: Mapping[str, str]
    read: Callable[[Answer], Page[T]]

    def page(self, cursor: str | None) -> Call[Page[T]]:
        """The call for the page at `cursor`, or for the first one."""
        query = self.query if cursor is None else {**self.query, "cursor": cursor}
        path = f"{self.path}?{urlencode(query)}" if query else self.path
        return Call(Request("GET", path), self.read)


class Stream(Struct, frozen=True):
    """What to listen to: `path` with `query`, from after `position`, or from now on when there is none.

    Of a durable `subscription` the service knows the position, and gives again what was not acknowledged.
    """

    path: str
    query: Mapping[str, str]
    position: str | None = None
    subscription: str | None = None


Steps: TypeAlias = Generator[Request, Answer, T]


def reader(kind: type[T]) -> Callable[[Answer], T]:
    """Reads an answer as `kind`; the function raises `ServiceError` for a refusal and `GarbledAnswer` for nonsense."""
    decode = msgspec.json.Decoder(kind, dec_hook=_secret).decode

    def read(answer: Answer) -> T:
        if not 200 <= answer.status < 300:
            raise service_error(answer)
        try:
            return decode(answer.body)
        except msgspec.DecodeError as error:
            raise GarbledAnswer(f"the service answered {answer.status} with something unexpected: {error}") from None

    return read


def read_nothing(answer: Answer) -> None:
    """For calls whose success says it all."""
    if not 200 <= answer.status < 300:
        raise service_error(answer)


_decode_problem = msgspec.json.Decoder(Problem).decode


def service_error(answer: Answer) -> ServiceError:
    """The error for an answer that is no success, also when something between us and the service made it up."""
    try:
        problem = _decode_problem(answer.body)
    except msgspec.DecodeError:
        problem = Problem(code="unknown", status=answer.status, detail=f"answered {answer.status} without a problem")
    return ServiceError(
        problem.detail or problem.title,
        status=answer.status,
        problem_code=problem.code,
        errors=tuple(FieldError(error.detail, error.pointer) for error in problem.errors),
        retry_after=problem.retry_after if problem.retry_after is not None else retry_after(answer),
    )


def retry_after(answer: Answer) -> float | None:
    """Seconds that the answer asks us to wait (RFC 9110 section 10.2.3); Gatepost never sends the form with a date."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _secret(kind: type, value: object) -> object:
    if get_origin(kind) is Secret and isinstance(value, str):
        return Secret(value)
    raise NotImplementedError
