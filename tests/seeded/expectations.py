"""Which rules of which scanner count as having found a family; for rivals any rule that could mean it."""

from __future__ import annotations

from msgspec import Struct


class Expected(Struct, frozen=True):
    """Rule ids by scanner, without their common prefixes: `api4-string-limit` is `owasp:api4:2023-string-limit`."""

    gatepost: tuple[str, ...] = ()
    spectral: tuple[str, ...] = ()
    redocly: tuple[str, ...] = ()
    checkov: tuple[str, ...] = ()

    def of(self, scanner: str) -> tuple[str, ...]:
        """The rules of one scanner."""
        rules: tuple[str, ...] = getattr(self, scanner)
        return rules


_RESTRICTED = ("api2-write-restricted", "api2-read-restricted")
_NO_AUTH = Expected(
    gatepost=(
        "api2-no-global-auth",
        "api2-no-security-scheme",
        "api2-write-without-auth",
        "api2-read-without-auth",
        "api2-auth-differs",
    ),
    spectral=_RESTRICTED,
    redocly=("security-defined",),
    checkov=("CKV_OPENAPI_1", "CKV_OPENAPI_4", "CKV_OPENAPI_5"),
)
_STRING = Expected(spectral=("api4-string-limit",))
_PATTERN = Expected(spectral=("api4-string-restricted",))
_INTEGER = Expected(spectral=("api4-integer-limit", "api4-integer-limit-legacy"))
_ARRAY = Expected(spectral=("api4-array-limit",), checkov=("CKV_OPENAPI_21",))
_OBJECT = Expected(
    spectral=(
        "api3-no-additionalProperties",
        "api3-constrained-additionalProperties",
        "api3-no-unevaluatedProperties",
        "api3-constrained-unevaluatedProperties",
    )
)
_RATE = Expected(spectral=("api4-rate-limit",))
_MISSING_429 = Expected(
    spectral=("api4-rate-limit-responses-429",),
)
_FOUR_HUNDREDS = ("operation-4xx-response",)

EXPECTED: dict[str, Expected] = {
    "numeric-id": Expected(gatepost=("api1-numeric-id",), spectral=("api1-no-numeric-ids",)),
    "read-scope-on-write": Expected(),
    "no-scope-on-write": Expected(),
    "open-delete": _NO_AUTH,
    "state-changing-get": Expected(redocly=("no-http-verbs-in-paths",)),
    "debug-path": Expected(),
    "admin-like-everybody": Expected(spectral=("api5-admin-security-unique",)),
    "open-password-reset": Expected(
        gatepost=("api2-open-password-reset",),
        spectral=_NO_AUTH.spectral,
        redocly=_NO_AUTH.redocly,
        checkov=_NO_AUTH.checkov,
    ),
    "write-without-auth": _NO_AUTH,
    "read-without-auth": _NO_AUTH,
    "no-global-auth": _NO_AUTH,
    "optional-auth": Expected(
        gatepost=("api2-optional-auth", "api2-no-global-auth"),
        spectral=_NO_AUTH.spectral,
        redocly=_NO_AUTH.redocly,
        checkov=_NO_AUTH.checkov,
    ),
    "no-security-schemes": _NO_AUTH,
    "undefined-scheme": Expected(
        gatepost=("api2-undefined-scheme",),
        redocly=("security-defined", "security-scopes-defined"),
        checkov=("CKV_OPENAPI_6", "CKV_OPENAPI_19"),
    ),
    "undefined-scope": Expected(
        gatepost=("api2-undefined-scope",),
        redocly=("security-scopes-defined",),
        checkov=("CKV_OPENAPI_6", "CKV_OPENAPI_9", "CKV_OPENAPI_19"),
    ),
    "http-basic": Expected(
        spectral=("api2-no-http-basic",), checkov=("CKV_OPENAPI_3", "CKV_OPENAPI_13", "CKV_OPENAPI_15")
    ),
    "weak-http-scheme": Expected(spectral=("api2-auth-insecure-schemes",), checkov=("CKV_OPENAPI_3",)),
    "unknown-http-scheme": Expected(spectral=("api2-auth-insecure-schemes",)),
    "api-key-in-query": Expected(spectral=("api2-no-api-keys-in-url",), checkov=("CKV_OPENAPI_20",)),
    "password-grant": Expected(checkov=("CKV_OPENAPI_8", "CKV_OPENAPI_10", "CKV_OPENAPI_11")),
    "implicit-grant": Expected(checkov=("CKV_OPENAPI_12", "CKV_OPENAPI_14")),
    "plain-http-oauth": Expected(),
    "broken-oauth-url": Expected(redocly=("spec-strict-refs", "struct")),
    "jwt-practices-unstated": Expected(spectral=("api2-jwt-best-practices",)),
    "missing-refresh-url": Expected(spectral=("api2-short-lived-access-tokens",)),
    "credentials-in-url": Expected(spectral=("api2-no-credentials-in-url",)),
    "sensitive-property-returned": Expected(),
    "privileged-property-writable": Expected(),
    "server-owned-property-writable": Expected(),
    "read-only-dropped": Expected(),
    "url-in-body": Expected(
        gatepost=(
            "api7-address-from-caller",
            "api7-kept-address",
        ),
        spectral=("api7-concerning-url-parameter",),
    ),
    "leaky-error": Expected(
        gatepost=("api8-leaky-error",),
    ),
    "unbounded-string": _STRING,
    "unrestricted-string": _PATTERN,
    "integer-without-maximum": _INTEGER,
    "integer-without-minimum": _INTEGER,
    "integer-without-format": Expected(spectral=("api4-integer-format",)),
    "unbounded-number": Expected(),
    "imprecise-number": Expected(),
    "unbounded-array": _ARRAY,
    "open-object": _OBJECT,
    "wide-open-object": _OBJECT,
    "endless-map": _OBJECT,
    "object-without-properties": _OBJECT,
    "untyped-value": Expected(),
    "body-without-schema": Expected(redocly=("struct",)),
    "unbounded-string-returned": _STRING,
    "unrestricted-string-returned": _PATTERN,
    "integer-without-maximum-returned": _INTEGER,
    "unbounded-array-returned": _ARRAY,
    "open-object-returned": _OBJECT,
    "open-error": _OBJECT,
    "catastrophic-pattern": Expected(),
    "nested-quantifier": Expected(),
    "unanchored-pattern": Expected(),
    "pattern-that-allows-all": Expected(),
    "page-size-without-maximum": _INTEGER,
    "endless-collection": Expected(),
    "missing-429": _MISSING_429,
    "missing-429-in-sensitive-flow": Expected(gatepost=("api6-flow-without-limit",), spectral=_MISSING_429.spectral),
    "telling-failures": Expected(
        gatepost=("api6-telling-failures",),
    ),
    "missing-400": Expected(
        gatepost=("api8-missing-400",), spectral=("api8-define-error-validation",), redocly=_FOUR_HUNDREDS
    ),
    "missing-401": Expected(
        gatepost=("api8-missing-401",), spectral=("api8-define-error-responses-401",), redocly=_FOUR_HUNDREDS
    ),
    "missing-403": Expected(gatepost=("api8-missing-403",), redocly=_FOUR_HUNDREDS),
    "missing-404": Expected(gatepost=("api8-missing-404",), redocly=_FOUR_HUNDREDS),
    "missing-415": Expected(gatepost=("api8-missing-415",), redocly=_FOUR_HUNDREDS),
    "missing-500": Expected(gatepost=("api8-missing-500",), spectral=("api8-define-error-responses-500",)),
    "missing-default": Expected(
        gatepost=("api8-missing-default",),
    ),
    "missing-rate-limit-headers": _RATE,
    "missing-rate-limit-headers-on-429": _RATE,
    "missing-retry-after": Expected(spectral=("api4-rate-limit-retry-after",)),
    "missing-cors-origin": Expected(spectral=("api8-define-cors-origin",)),
    "any-cors-origin": Expected(),
    "error-without-schema": Expected(
        gatepost=("api8-error-without-schema",),
        spectral=(
            "api4-rate-limit-responses-429",
            "api8-define-error-responses-401",
            "api8-define-error-responses-500",
            "api8-define-error-validation",
        ),
    ),
    "answer-without-schema": Expected(),
    "url-parameter": Expected(
        gatepost=(
            "api7-address-from-caller",
            "api7-open-redirect",
        ),
        spectral=("api7-concerning-url-parameter",),
    ),
    "callback-to-anywhere": Expected(gatepost=("api7-callback-to-anywhere",), spectral=_RESTRICTED),
    "open-callback": Expected(spectral=_RESTRICTED, redocly=("security-defined",), checkov=("CKV_OPENAPI_5",)),
    "plain-http-callback": Expected(spectral=("api8-no-server-http",)),
    "unsigned-webhook": Expected(spectral=_RESTRICTED, redocly=("security-defined",)),
    "plain-http-server": Expected(
        gatepost=("api8-plain-http",),
        spectral=("api8-no-scheme-http", "api8-no-server-http"),
        checkov=("CKV_OPENAPI_3", "CKV_OPENAPI_7", "CKV_OPENAPI_18", "CKV_OPENAPI_20"),
    ),
    "secret-in-example": Expected(),
    "personal-data-in-example": Expected(),
    "secret-in-description": Expected(),
    "secret-in-server-variable": Expected(),
    "xml-body": Expected(),
    "any-media-type": Expected(),
    "endless-upload": Expected(spectral=("api4-string-limit",)),
    "cookie-without-csrf-token": Expected(),
    "non-production-server": Expected(spectral=("api9-inventory-environment",), redocly=("no-server-example.com",)),
    "several-versions": Expected(),
    "deprecated-without-sunset": Expected(),
    "server-without-environment": Expected(spectral=("api9-inventory-environment",)),
    "server-without-audience": Expected(spectral=("api9-inventory-access",)),
    "no-servers": Expected(redocly=("no-empty-servers",)),
    "unused-component": Expected(redocly=("no-unused-components",)),
}
