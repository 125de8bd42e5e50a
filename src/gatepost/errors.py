"""Every error that Gatepost raises on purpose, in one tree.

    GatepostError
    ├── InvalidInput                    the caller sent something that can never work
    │   ├── MalformedJson
    │   ├── DuplicateMember
    │   ├── TooDeep
    │   ├── NumberOutOfRange
    │   ├── UnknownField
    │   ├── InvalidField
    │   ├── InvalidParameter            a query parameter, header or path segment
    │   ├── IdempotencyMismatch
    │   └── BatchRefused                no item of a batch was accepted
    ├── RequestTimeout                  the request did not come to its end
    ├── UnsupportedMediaType
    ├── TooLarge
    │   └── HeadersTooLarge
    ├── Unauthenticated
    ├── Forbidden
    │   ├── InsufficientScope
    │   ├── TenantSuspended
    │   └── DurabilityNotAllowed
    ├── NotFound
    │   └── NoSuchRoute
    ├── MethodNotAllowed
    ├── Conflict
    │   ├── IdConflict
    │   └── IdempotencyRunning
    ├── QuotaExceeded
    ├── Unavailable
    │   ├── BacklogFull
    │   └── Stopping
    ├── StorageFull
    ├── Internal                        a defect of ours; the detail never says more
    ├── AddressRefused                  egress: this address may not be dialled
    ├── DeliveryFailed                  the other side of an outgoing request did not answer
    │   ├── ConnectFailed
    │   │   ├── NameNotResolved
    │   │   └── TlsFailed
    │   ├── ConnectionClosed            before a byte of the answer came
    │   ├── DeliveryTimeout
    │   └── GarbledAnswer
    ├── ServiceError                    SDK: the service answered with a problem document
    ├── InsecureTransport               SDK: the API key would travel unencrypted
    ├── InvalidSignature                SDK: a received webhook is not what it says
    ├── SealBroken                      sealed with another key or for another place, or changed since
    │   └── KeyUnavailable              the key is not in the keyring, or was disabled or destroyed
    ├── InvalidKey                      a key, password or passphrase that cannot be used as what it should be
    └── StartRefused                    the service will not start
        ├── InvalidSetting
        ├── DataDirectoryInUse
        ├── DataDirectoryUnsafe
        ├── DataDamaged
        └── DataSealed                  nobody gave the key that opens what is stored

A `code` is part of the API: it is never changed, only added. A `detail` is safe to show to
whoever caused the error: it never carries a secret, a path of the server or a stack.
Statuses of HTTP are known to `web/` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class FieldError:
    """One thing wrong at one place of the input; `pointer` is a JSON Pointer (RFC 6901)."""

    __slots__ = ("detail", "pointer")

    def __init__(self, detail: str, pointer: str = "") -> None:
        self.detail = detail
        self.pointer = pointer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldError) and (self.detail, self.pointer) == (other.detail, other.pointer)

    def __hash__(self) -> int:
        return hash((self.detail, self.pointer))

    def __repr__(self) -> str:
        return f"FieldError({self.detail!r}, {self.pointer!r})"


class GatepostError(Exception):
    """Root of the tree. `code` is stable, `title` is the same for every occurrence, `detail` is this one."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after
        """Seconds after which the same request may work, or None when waiting does not help."""


class InvalidInput(GatepostError):
    code = "invalid-input"
    title = "The request cannot be understood"


class MalformedJson(InvalidInput):
    code = "malformed-json"
    title = "The body is not valid JSON"


class DuplicateMember(InvalidInput):
    code = "duplicate-member"
    title = "An object of the body names a member twice"


class TooDeep(InvalidInput):
    code = "too-deep"
    title = "The body is nested too deeply"


class NumberOutOfRange(InvalidInput):
    code = "number-out-of-range"
    title = "A number of the body is too large to be kept exactly"


class UnknownField(InvalidInput):
    code = "unknown-field"
    title = "The body has a field that does not exist"


class InvalidField(InvalidInput):
    code = "invalid-field"
    title = "A field has a value that is not allowed"


class InvalidParameter(InvalidInput):
    code = "invalid-parameter"
    title = "A parameter or header has a value that is not allowed"


class IdempotencyMismatch(InvalidInput):
    code = "idempotency-mismatch"
    title = "The idempotency key was used before with another body"


class BatchRefused(InvalidInput):
    code = "batch-refused"
    title = "No item of the batch was accepted"


class RequestTimeout(GatepostError):
    code = "request-timeout"
    title = "The request took too long to arrive"


class UnsupportedMediaType(GatepostError):
    code = "unsupported-media-type"
    title = "The body has a media type that this route does not read"


class TooLarge(GatepostError):
    code = "too-large"
    title = "The body is too large"


class HeadersTooLarge(TooLarge):
    code = "headers-too-large"
    title = "The headers are too large"


class Unauthenticated(GatepostError):
    code = "unauthenticated"
    title = "A valid API key is required"


class Forbidden(GatepostError):
    code = "forbidden"
    title = "This is not allowed"


class InsufficientScope(Forbidden):
    code = "insufficient-scope"
    title = "The API key lacks the scope for this"


class TenantSuspended(Forbidden):
    code = "tenant-suspended"
    title = "The tenant is suspended"


class DurabilityNotAllowed(Forbidden):
    code = "durability-not-allowed"
    title = "This service does not allow the durability that was asked for"


class NotFound(GatepostError):
    code = "not-found"
    title = "There is no such thing"


class NoSuchRoute(NotFound):
    code = "no-such-route"
    title = "There is no such address here"


class MethodNotAllowed(GatepostError):
    code = "method-not-allowed"
    title = "This address does not take that method"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"allowed here: {', '.join(allowed)}")
        self.allowed = allowed


class Conflict(GatepostError):
    code = "conflict"
    title = "The request contradicts the present state"


class IdConflict(Conflict):
    code = "id-conflict"
    title = "A notification with this id but another body was accepted before"


class IdempotencyRunning(Conflict):
    code = "idempotency-running"
    title = "The first request with this idempotency key is still running"


class QuotaExceeded(GatepostError):
    code = "quota-exceeded"
    title = "Too many requests"


class Unavailable(GatepostError):
    code = "unavailable"
    title = "The service cannot do this at the moment"


class BacklogFull(Unavailable):
    code = "backlog-full"
    title = "Too many notifications wait to be delivered"


class Stopping(Unavailable):
    code = "stopping"
    title = "The service is stopping"


class StorageFull(GatepostError):
    code = "storage-full"
    title = "The disk of the service is full; nothing was stored"


class Internal(GatepostError):
    code = "internal"
    title = "The service made a mistake; it was logged"


class AddressRefused(GatepostError):
    code = "address-refused"
    title = "This address may not be reached from here"


class DeliveryFailed(GatepostError):
    code = "delivery-failed"
    title = "The other side did not answer"


class ConnectFailed(DeliveryFailed):
    code = "connect-failed"
    title = "No connection could be made"


class NameNotResolved(ConnectFailed):
    code = "name-not-resolved"
    title = "The name of the other side has no address"


class TlsFailed(ConnectFailed):
    code = "tls-failed"
    title = "The other side could not prove who it is, or does not speak TLS"


class ConnectionClosed(DeliveryFailed):
    code = "connection-closed"
    title = "The other side closed the connection before it answered"


class DeliveryTimeout(DeliveryFailed):
    code = "timeout"
    title = "The other side took too long"


class GarbledAnswer(DeliveryFailed):
    code = "garbled-answer"
    title = "The other side did not answer in HTTP"


class ServiceError(GatepostError):
    """The service answered with a problem document; `problem_code` is its code, `status` its HTTP status."""

    code = "service-error"
    title = "The service refused the request"

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        problem_code: str,
        errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, errors=errors, retry_after=retry_after)
        self.status = status
        self.problem_code = problem_code


class InsecureTransport(GatepostError):
    code = "insecure-transport"
    title = "The API key would travel unencrypted"


class InvalidSignature(GatepostError):
    code = "invalid-signature"
    title = "The webhook was not signed by its sender, or is too old"


class SealBroken(GatepostError):
    code = "seal-broken"
    title = "It was sealed with another key or for another place, or changed since"


class KeyUnavailable(SealBroken):
    code = "key-unavailable"
    title = "The key that seals it is not in the keyring, or was disabled or destroyed"


class InvalidKey(GatepostError):
    code = "invalid-key"
    title = "This cannot be used as a key, password or passphrase"


class StartRefused(GatepostError):
    code = "start-refused"
    title = "The service does not start"


class InvalidSetting(StartRefused):
    code = "invalid-setting"
    title = "A setting is unknown, malformed or contradicts another"


class DataDirectoryInUse(StartRefused):
    code = "data-directory-in-use"
    title = "Another process serves this data directory"


class DataDirectoryUnsafe(StartRefused):
    code = "data-directory-unsafe"
    title = "The data directory can be read by others"


class DataDamaged(StartRefused):
    code = "data-damaged"
    title = "Acknowledged data is missing from the data directory"


class DataSealed(StartRefused):
    code = "data-sealed"
    title = "The key that opens what is stored was not given"


def every_error() -> Iterator[type[GatepostError]]:
    """The whole tree, parents before children, in the order of definition."""
    waiting: list[type[GatepostError]] = [GatepostError]
    while waiting:
        error = waiting.pop(0)
        yield error
        waiting[:0] = error.__subclasses__()
