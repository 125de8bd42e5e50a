"""What a person can do about an error. The error itself says what happened."""

from __future__ import annotations

from gatepost.errors import (
    Conflict,
    ConnectFailed,
    DataDirectoryInUse,
    DataDirectoryUnsafe,
    DeliveryFailed,
    GatepostError,
    InsecureTransport,
    InvalidField,
    InvalidKey,
    InvalidParameter,
    InvalidSetting,
    KeyUnavailable,
    SealBroken,
    ServiceError,
    StartRefused,
    Unauthenticated,
)

_BY_PROBLEM = {
    "unauthenticated": "check the key in GATEPOST_API_KEY or --api-key-file; it may be revoked or of another service",
    "insufficient-scope": "use a key that has the scope; `gatepost keys create` makes one",
    "tenant-suspended": "ask the operator; `gatepost tenants resume` ends it",
    "not-found": "check the id",
    "quota-exceeded": "wait, then send slower or raise the setting limit",
    "backlog-full": "wait until endpoints catch up, or raise the setting backlog_limit",
    "storage-full": "free disk space at the service; nothing was stored",
    "id-conflict": "give it another id, or send the same body",
    "idempotency-mismatch": "use a new idempotency key for a new body",
    "durability-not-allowed": "leave --durability out, or set allow_memory at the service",
}

_BY_ERROR: tuple[tuple[type[GatepostError], str], ...] = (
    (ConnectFailed, "is `gatepost serve` running there? give its address with --url"),
    (DeliveryFailed, "look at the log of the service, then try again"),
    (Unauthenticated, "set GATEPOST_API_KEY or give --api-key-file"),
    (InsecureTransport, "use https://, or reach the service through a tunnel to this machine"),
    (InvalidSetting, "`gatepost settings` lists every setting and where its value came from"),
    (DataDirectoryInUse, "stop the other process, or give another --data-dir"),
    (DataDirectoryUnsafe, "make it owner-only with chmod 700"),
    (StartRefused, "see the message; nothing was changed"),
    (Conflict, "stop the other listener, or listen by another --subscription"),
    (InvalidField, "correct the field"),
    (InvalidParameter, "correct the parameter"),
    (InvalidKey, "give another one"),
    (KeyUnavailable, "`gatepost keyring show` lists the keys of a ring"),
    (SealBroken, "check the key or passphrase and the --context; if they are right, take the file from a backup"),
)

_OTHERWISE = "`gatepost doctor` looks for what is wrong"


def what_happened(error: GatepostError) -> str:
    """The detail of an error with the places that it names."""
    places = ", ".join(f"{field.pointer}: {field.detail}" for field in error.errors if field.pointer)
    return error.detail if not places or places in error.detail else f"{error.detail} ({places})"


def what_to_do(error: GatepostError) -> str:
    if isinstance(error, ServiceError):
        return _BY_PROBLEM.get(error.problem_code, f"see the page /problems/{error.problem_code} of the service")
    return next((remedy for kind, remedy in _BY_ERROR if isinstance(error, kind)), _OTHERWISE)
