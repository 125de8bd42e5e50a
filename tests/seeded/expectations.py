"""Which rules of which scanner count as having found a family; for rivals any rule that could mean it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


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
_STRING = Expected(gatepost=("api4-unbounded-string",), spectral=("api4-string-limit",))
_PATTERN = Expected(gatepost=("api4-unrestricted-string",), spectral=("api4-string-restricted",))
_INTEGER = Expected(
    gatepost=("api4-unbounded-integer", "api4-page-size-without-maximum"),
    spectral=("api4-integer-limit", "api4-integer-limit-legacy"),
)
_ARRAY = Expected(gatepost=("api4-unbounded-array",), spectral=("api4-array-limit",), checkov=("CKV_OPENAPI_21",))
_OBJECT = Expected(
    spectral=(
        "api3-no-additionalProperties",
        "api3-constrained-additionalProperties",
        "api3-no-unevaluatedProperties",
        "api3-constrained-unevaluatedProperties",
    )
)
_RATE = Expected(gatepost=("api4-missing-rate-limit-headers",), spectral=("api4-rate-limit",))
_MISSING_429 = Expected(
    gatepost=("api4-missing-429",),
    spectral=("api4-rate-limit-responses-429",),
)
_FOUR_HUNDREDS = ("operation-4xx-response",)

EXPECTED: dict[str, Expected] = {
    "numeric-id": Expected(gatepost=("api1-numeric-id",), spectral=("api1-no-numeric-ids",)),
    "read-scope-on-write": Expected(
        gatepost=("api5-read-scope-on-write",),
    ),
    "no-scope-on-write": Expected(
        gatepost=("api5-no-scope-on-write",),
    ),
    "open-delete": _NO_AUTH,
    "state-changing-get": Expected(gatepost=("api5-state-changing-get",), redocly=("no-http-verbs-in-paths",)),
    "debug-path": Expected(
        gatepost=("api5-debug-path",),
    ),
    "admin-like-everybody": Expected(gatepost=("api5-admin-like-everybody",), spectral=("api5-admin-security-unique",)),
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
        gatepost=("api2-http-basic",),
        spectral=("api2-no-http-basic",),
        checkov=("CKV_OPENAPI_3", "CKV_OPENAPI_13", "CKV_OPENAPI_15"),
    ),
    "weak-http-scheme": Expected(
        gatepost=("api2-weak-http-scheme",), spectral=("api2-auth-insecure-schemes",), checkov=("CKV_OPENAPI_3",)
    ),
    "unknown-http-scheme": Expected(gatepost=("api2-unknown-http-scheme",), spectral=("api2-auth-insecure-schemes",)),
    "api-key-in-query": Expected(
        gatepost=("api2-api-key-in-query",), spectral=("api2-no-api-keys-in-url",), checkov=("CKV_OPENAPI_20",)
    ),
    "password-grant": Expected(
        gatepost=("api2-password-grant",), checkov=("CKV_OPENAPI_8", "CKV_OPENAPI_10", "CKV_OPENAPI_11")
    ),
    "implicit-grant": Expected(gatepost=("api2-implicit-grant",), checkov=("CKV_OPENAPI_12", "CKV_OPENAPI_14")),
    "plain-http-oauth": Expected(
        gatepost=("api2-plain-http-oauth",),
    ),
    "broken-oauth-url": Expected(gatepost=("api2-broken-oauth-url",), redocly=("spec-strict-refs", "struct")),
    "jwt-practices-unstated": Expected(gatepost=("api2-jwt-practices",), spectral=("api2-jwt-best-practices",)),
    "missing-refresh-url": Expected(
        gatepost=("api2-missing-refresh-url",), spectral=("api2-short-lived-access-tokens",)
    ),
    "credentials-in-url": Expected(gatepost=("api2-credentials-in-url",), spectral=("api2-no-credentials-in-url",)),
    "sensitive-property-returned": Expected(
        gatepost=("api3-sensitive-property-returned",),
    ),
    "privileged-property-writable": Expected(
        gatepost=("api3-privileged-property-writable",),
    ),
    "server-owned-property-writable": Expected(
        gatepost=("api3-server-owned-property-writable",),
    ),
    "read-only-dropped": Expected(
        gatepost=(
            "api3-identity-writable",
            "api3-server-owned-property-writable",
        ),
    ),
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
    "integer-without-format": Expected(gatepost=("api4-integer-without-format",), spectral=("api4-integer-format",)),
    "unbounded-number": Expected(
        gatepost=("api4-unbounded-number",),
    ),
    "imprecise-number": Expected(
        gatepost=(
            "api4-imprecise-number",
            "api4-imprecise-amount",
        ),
    ),
    "unbounded-array": _ARRAY,
    "open-object": replace(_OBJECT, gatepost=("api3-open-object",)),
    "wide-open-object": replace(_OBJECT, gatepost=("api3-open-object",)),
    "endless-map": replace(_OBJECT, gatepost=("api4-unbounded-map",)),
    "object-without-properties": replace(_OBJECT, gatepost=("api3-free-form-object",)),
    "untyped-value": Expected(
        gatepost=("api3-untyped-value",),
    ),
    "body-without-schema": Expected(
        gatepost=(
            "api3-body-without-schema",
            "api8-body-without-schema",
            "api3-untyped-value",
        ),
        redocly=("struct",),
    ),
    "unbounded-string-returned": _STRING,
    "unrestricted-string-returned": _PATTERN,
    "integer-without-maximum-returned": _INTEGER,
    "unbounded-array-returned": _ARRAY,
    "open-object-returned": replace(_OBJECT, gatepost=("api3-open-object",)),
    "open-error": replace(_OBJECT, gatepost=("api3-open-object",)),
    "catastrophic-pattern": Expected(
        gatepost=("api4-catastrophic-pattern",),
    ),
    "nested-quantifier": Expected(
        gatepost=("api4-catastrophic-pattern",),
    ),
    "unanchored-pattern": Expected(
        gatepost=("api4-unanchored-pattern",),
    ),
    "pattern-that-allows-all": Expected(
        gatepost=("api4-broad-pattern",),
    ),
    "page-size-without-maximum": _INTEGER,
    "endless-collection": Expected(
        gatepost=("api4-endless-collection",),
    ),
    "missing-429": _MISSING_429,
    "missing-429-in-sensitive-flow": Expected(
        gatepost=("api6-flow-without-limit", "api4-missing-429"), spectral=_MISSING_429.spectral
    ),
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
    "missing-retry-after": Expected(gatepost=("api4-missing-retry-after",), spectral=("api4-rate-limit-retry-after",)),
    "missing-cors-origin": Expected(gatepost=("api8-missing-cors-origin",), spectral=("api8-define-cors-origin",)),
    "any-cors-origin": Expected(
        gatepost=("api8-any-origin",),
    ),
    "error-without-schema": Expected(
        gatepost=("api8-error-without-schema",),
        spectral=(
            "api4-rate-limit-responses-429",
            "api8-define-error-responses-401",
            "api8-define-error-responses-500",
            "api8-define-error-validation",
        ),
    ),
    "answer-without-schema": Expected(
        gatepost=(
            "api8-answer-without-schema",
            "api3-answer-without-schema",
        ),
    ),
    "url-parameter": Expected(
        gatepost=(
            "api7-address-from-caller",
            "api7-open-redirect",
        ),
        spectral=("api7-concerning-url-parameter",),
    ),
    "callback-to-anywhere": Expected(gatepost=("api7-callback-to-anywhere",), spectral=_RESTRICTED),
    "open-callback": Expected(
        gatepost=("api10-unsigned-webhook",),
        spectral=_RESTRICTED,
        redocly=("security-defined",),
        checkov=("CKV_OPENAPI_5",),
    ),
    "plain-http-callback": Expected(gatepost=("api10-plain-http-callback",), spectral=("api8-no-server-http",)),
    "unsigned-webhook": Expected(
        gatepost=("api10-unsigned-webhook",), spectral=_RESTRICTED, redocly=("security-defined",)
    ),
    "plain-http-server": Expected(
        gatepost=("api8-plain-http",),
        spectral=("api8-no-scheme-http", "api8-no-server-http"),
        checkov=("CKV_OPENAPI_3", "CKV_OPENAPI_7", "CKV_OPENAPI_18", "CKV_OPENAPI_20"),
    ),
    "secret-in-example": Expected(
        gatepost=("api8-secret-in-document",),
    ),
    "personal-data-in-example": Expected(
        gatepost=("api8-personal-data",),
    ),
    "secret-in-description": Expected(
        gatepost=("api8-secret-in-document",),
    ),
    "secret-in-server-variable": Expected(
        gatepost=("api8-secret-in-document",),
    ),
    "xml-body": Expected(
        gatepost=("api8-xml-body",),
    ),
    "any-media-type": Expected(
        gatepost=("api8-any-media-type",),
    ),
    "endless-upload": Expected(gatepost=("api4-unbounded-upload",), spectral=("api4-string-limit",)),
    "cookie-without-csrf-token": Expected(
        gatepost=("api2-cookie-without-csrf-token",),
    ),
    "non-production-server": Expected(
        gatepost=("api9-non-production-server",),
        spectral=("api9-inventory-environment",),
        redocly=("no-server-example.com",),
    ),
    "several-versions": Expected(
        gatepost=("api9-several-versions",),
    ),
    "deprecated-without-sunset": Expected(
        gatepost=("api9-deprecated-without-sunset",),
    ),
    "server-without-environment": Expected(
        gatepost=("api9-server-without-environment",), spectral=("api9-inventory-environment",)
    ),
    "server-without-audience": Expected(
        gatepost=("api9-server-without-audience",), spectral=("api9-inventory-access",)
    ),
    "no-servers": Expected(gatepost=("api9-no-servers",), redocly=("no-empty-servers",)),
    "unused-component": Expected(gatepost=("api9-unused-component",), redocly=("no-unused-components",)),
}
