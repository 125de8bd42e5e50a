"""API2:2023: who may call, and how they prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.seeded.document import WRITES, Document, Operation, Pointer
from tests.seeded.fault import Edit, Family, Fault, fault

SCHEME = "legacy"


def _guarded(document: Document, methods: tuple[str, ...]) -> list[Operation]:
    return [each for each in document.operations if each.method in methods and "{" in each.path]


def _no_auth(methods: tuple[str, ...]) -> Callable[[Document], Iterator[Fault]]:
    def plant(document: Document) -> Iterator[Fault]:
        for operation in _guarded(document, methods):
            yield fault("inline", (*operation.pointer, "security"), [])

    return plant


def _no_global_auth(document: Document) -> Iterator[Fault]:
    yield fault("global", ("security",))
    yield fault("global", ("security",), [])


def _optional_auth(document: Document) -> Iterator[Fault]:
    required = document.tree["security"]
    yield fault("global", ("security",), [*required, {}])
    yield fault("global", ("security",), [{}])
    for operation in _guarded(document, WRITES):
        yield fault("inline", (*operation.pointer, "security"), [{}, *operation.node.get("security", required)])


def _no_schemes(document: Document) -> Iterator[Fault]:
    removed = [
        Edit((*operation.pointer, key))
        for operation in document.operations
        for key in ("security", "callbacks")
        if key in operation.node
    ]
    schemes = document.component("securitySchemes", "")[:-1]
    yield Fault("global", (Edit(("security",)), Edit(schemes), *removed))


def _undefined_scheme(document: Document) -> Iterator[Fault]:
    yield fault("global", ("security",), [{"nowhere": []}])
    for operation in _guarded(document, WRITES):
        yield fault("inline", (*operation.pointer, "security"), [{"nowhere": []}])


def _requirements(document: Document) -> Iterator[tuple[str, Pointer, str]]:
    """Every place that asks for a scheme, with the shape and the name of the scheme."""
    places = [("global", ("security",)), *(("inline", (*each.pointer, "security")) for each in document.operations)]
    for shape, place in places:
        for index, requirement in enumerate(document.get(place) or ()):
            for scheme in requirement:
                yield shape, (*place, str(index), scheme), scheme


def _undefined_scope(document: Document) -> Iterator[Fault]:
    for shape, place, scheme in _requirements(document):
        if document.components("securitySchemes")[scheme]["type"] == "oauth2":
            yield fault(shape, place, ["all:everything"])


def _scheme(
    *variants: tuple[str, dict[str, Any]], v2: dict[str, Any] | None = None
) -> Callable[[Document], Iterator[Fault]]:
    """A scheme that somebody added and that one operation, or all of them, accept."""

    def plant(document: Document) -> Iterator[Fault]:
        choices = [] if document.is_v2 and v2 is None else [v2] if document.is_v2 else [each for _, each in variants]
        place = document.component("securitySchemes", SCHEME)
        operation = _guarded(document, ("get", "put", "post"))[0]
        for number, scheme in enumerate(choices):
            scopes = list(_scopes(scheme or {}))
            shape, at = (("inline", (*operation.pointer, "security")), ("global", ("security",)))[number % 2]
            required = document.get(at) or document.tree["security"]
            yield Fault(shape, (Edit(place, scheme), Edit(at, [*required, {SCHEME: scopes}])))
        for scheme in choices[:1]:
            yield Fault("ref", (Edit(place, scheme),))

    return plant


def _scopes(scheme: dict[str, Any]) -> Iterator[str]:
    flows = scheme.get("flows", {"only": scheme})
    for flow in flows.values():
        yield from flow.get("scopes", {})


def _oauth2(flow: str, **urls: str) -> tuple[str, dict[str, Any]]:
    return flow, {
        "type": "oauth2",
        "description": "Signed and checked as RFC8725 asks.",
        "flows": {flow: {**urls, "scopes": {"things:read": "Read things."}}},
    }


def _oauth2_v2(flow: str, **urls: str) -> dict[str, Any]:
    return {"type": "oauth2", "flow": flow, **urls, "scopes": {"things:read": "Read things."}}


def _http(scheme: str) -> tuple[str, dict[str, Any]]:
    return scheme, {"type": "http", "scheme": scheme}


AUTHORIZE, TOKEN = "https://login.example.com/authorize", "https://login.example.com/token"
PLAIN_AUTHORIZE, PLAIN_TOKEN = AUTHORIZE.replace("https", "http"), TOKEN.replace("https", "http")

_PLAIN = (
    _oauth2("authorizationCode", authorizationUrl=AUTHORIZE, tokenUrl=PLAIN_TOKEN, refreshUrl=TOKEN),
    _oauth2("authorizationCode", authorizationUrl=PLAIN_AUTHORIZE, tokenUrl=TOKEN, refreshUrl=TOKEN),
    _oauth2("clientCredentials", tokenUrl=TOKEN, refreshUrl=PLAIN_TOKEN),
    (
        "oidc",
        {"type": "openIdConnect", "openIdConnectUrl": "http://login.example.com/.well-known/openid-configuration"},
    ),
)
_BROKEN = _oauth2("authorizationCode", authorizationUrl="login page", tokenUrl=TOKEN, refreshUrl=TOKEN)
_QUERY_KEY = {"type": "apiKey", "in": "query", "name": "key"}


def _unstated_jwt_practices(document: Document) -> Iterator[Fault]:
    for name, scheme in document.components("securitySchemes").items():
        if scheme.get("bearerFormat") == "JWT" or scheme["type"] == "oauth2":
            yield fault("ref", (*document.component("securitySchemes", name), "description"), "Ask us for one.")


def _no_refresh(document: Document) -> Iterator[Fault]:
    for name, scheme in document.components("securitySchemes").items():
        for flow in scheme.get("flows", {}):
            yield fault("ref", (*document.component("securitySchemes", name), "flows", flow, "refreshUrl"))


def _credential_in_url(document: Document) -> Iterator[Fault]:
    names = ("password", "access_token", "api_key", "client_secret")
    for operation, name in zip(_guarded(document, ("get", "put", "post")), names, strict=False):
        yield from added_parameter(document, operation, name)


def added_parameter(document: Document, operation: Operation, name: str) -> Iterator[Fault]:
    """A query parameter with bounds, in its three shapes."""
    schema = {"type": "string", "maxLength": 200, "pattern": "^[!-;=?-z]*$"}
    parameter: dict[str, Any] = {"name": name, "in": "query", "description": "Optional."}
    parameter |= schema if document.is_v2 else {"schema": schema}
    own = (*operation.pointer, "parameters")
    listed = operation.node.get("parameters", [])
    place = document.component("parameters", "Added")
    reference = {"$ref": "#/" + "/".join(place)}
    yield _listed("inline", own, listed, parameter)
    yield Fault("ref", (Edit(place, parameter), *_listed("ref", own, listed, reference).edits))
    shared = (*operation.pointer[:2], "parameters")
    yield _listed("path", shared, document.get(shared) or [], parameter)


def _listed(shape: str, place: Pointer, listed: list[Any], parameter: dict[str, Any]) -> Fault:
    if listed:
        return fault(shape, (*place, str(len(listed))), parameter)
    return fault(shape, place, [parameter])


FAMILIES = (
    Family("write-without-auth", "API2:2023", _no_auth(WRITES), business=False),
    Family("read-without-auth", "API2:2023", _no_auth(("get",)), business=False),
    Family("no-global-auth", "API2:2023", _no_global_auth, business=False),
    Family("optional-auth", "API2:2023", _optional_auth, business=False),
    Family("no-security-schemes", "API2:2023", _no_schemes),
    Family("undefined-scheme", "API2:2023", _undefined_scheme),
    Family("undefined-scope", "API2:2023", _undefined_scope),
    Family("http-basic", "API2:2023", _scheme(_http("basic"), _http("Basic"), v2={"type": "basic"})),
    Family("weak-http-scheme", "API2:2023", _scheme(*map(_http, ("digest", "negotiate", "oauth", "hoba")))),
    Family("unknown-http-scheme", "API2:2023", _scheme(_http("homemade"))),
    Family("api-key-in-query", "API2:2023", _scheme(("query", _QUERY_KEY), v2=_QUERY_KEY)),
    Family(
        "password-grant",
        "API2:2023",
        _scheme(
            _oauth2("password", tokenUrl=TOKEN, refreshUrl=TOKEN),
            _oauth2("password", tokenUrl=TOKEN, refreshUrl=TOKEN),
            v2=_oauth2_v2("password", tokenUrl=TOKEN),
        ),
    ),
    Family(
        "implicit-grant",
        "API2:2023",
        _scheme(
            _oauth2("implicit", authorizationUrl=AUTHORIZE, refreshUrl=TOKEN),
            _oauth2("implicit", authorizationUrl=AUTHORIZE, refreshUrl=TOKEN),
            v2=_oauth2_v2("implicit", authorizationUrl=AUTHORIZE),
        ),
    ),
    Family(
        "plain-http-oauth",
        "API2:2023",
        _scheme(*_PLAIN, v2=_oauth2_v2("accessCode", authorizationUrl=AUTHORIZE, tokenUrl=PLAIN_TOKEN)),
        business=False,
    ),
    Family(
        "broken-oauth-url",
        "API2:2023",
        _scheme(_BROKEN, v2=_oauth2_v2("accessCode", authorizationUrl="login page", tokenUrl=TOKEN)),
    ),
    Family("jwt-practices-unstated", "API2:2023", _unstated_jwt_practices),
    Family("missing-refresh-url", "API2:2023", _no_refresh),
    Family("credentials-in-url", "API2:2023", _credential_in_url),
)
