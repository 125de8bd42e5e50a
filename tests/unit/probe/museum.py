"""A run over a document with a bit of everything, for looking at whole reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gatepost.probe.finding import Confidence, Edit, Finding, Severity
from gatepost.probe.fingerprint import fingerprint
from gatepost.probe.report import Report, RuleInfo
from tests.unit.probe.findings import a_report

MUSEUM = """\
openapi: 3.1.0
info:
  title: Museum
  version: 2.4.0
servers:
  - url: http://api.museum.example/v2
  - url: https://staging.museum.example/v2
security:
  - token: []
paths:
  /exhibits:
    get:
      operationId: listExhibits
      security:
        - token: []
        - {}
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: sort, in: query, schema: {type: string}}
      responses:
        "200":
          description: All exhibits
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Exhibit"}}
    post:
      operationId: addExhibit
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Exhibit"}
      responses:
        "201": {description: Added}
  /exhibits/{id}:
    get:
      operationId: readExhibit
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        "200": {description: One exhibit}
    delete:
      operationId: removeExhibit
      security: []
      responses:
        "204": {description: Gone}
  /tickets/redeem:
    get:
      operationId: redeemTicket
      parameters:
        - {name: api_key, in: query, schema: {type: string}}
      responses:
        "200": {description: Redeemed}
  /login:
    post:
      operationId: logIn
      security: []
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                name: {type: string}
                password: {type: string}
                callback: {type: string, format: uri}
      responses:
        "200": {description: Welcome}
  /internal/debug:
    get:
      operationId: dumpState
      responses:
        "200": {description: Everything}
components:
  securitySchemes:
    token: {type: http, scheme: basic}
    partner:
      type: oauth2
      flows:
        implicit:
          authorizationUrl: http://login.museum.example/authorize
          scopes: {}
  schemas:
    Exhibit:
      type: object
      properties:
        id: {type: integer}
        title: {type: string}
        owner: {type: string}
        role: {type: string}
        insurance_password: {type: string, example: hunter2-hunter2}
        tags: {type: array, items: {type: string}}
    Failure:
      type: object
      properties:
        stack_trace: {type: string}
"""

_EXHIBIT = ("POST /exhibits", "GET /exhibits", "GET /exhibits/{id}", "PUT /exhibits/{id}", "PATCH /exhibits/{id}")


class _Rule(Struct, frozen=True):
    """A pattern for where it is found, and what is said there."""

    id: str
    severity: Severity
    confidence: Confidence
    owasp: str
    cwe: int
    title: str
    pattern: str
    message: str
    remediation: str
    operations: tuple[str, ...] = ()
    replacement: str | None = None
    guess: bool = False


_RULES = (
    _Rule(
        id="api2-no-authentication",
        severity=Severity.CRITICAL,
        confidence=Confidence.CERTAIN,
        owasp="API2:2023",
        cwe=306,
        title="Anybody may call an operation that writes",
        pattern=r"security: \[\]\n +(?=responses)",
        message="DELETE /exhibits/{id} has an empty security requirement, which switches off that of the document.",
        remediation="Remove `security: []`, so that the requirement of the document holds.",
        operations=("DELETE /exhibits/{id}",),
        replacement="",
    ),
    _Rule(
        id="api3-secret-returned",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        owasp="API3:2023",
        cwe=200,
        title="A secret comes back in an answer",
        pattern=r"insurance_password",
        message="The property `insurance_password` of Exhibit is part of what reads return.",
        remediation="Mark it `writeOnly: true`, or give answers a schema of their own.",
        operations=_EXHIBIT[1:3],
    ),
    _Rule(
        id="api2-optional-authentication",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        owasp="API2:2023",
        cwe=306,
        title="Authentication can be left out",
        pattern=r"- \{\}",
        message="The list of requirements holds an empty one, so GET /exhibits also takes callers without a token.",
        remediation="Remove the empty alternative `{}` from the list.",
        operations=("GET /exhibits",),
    ),
    _Rule(
        id="api8-plain-http",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        owasp="API8:2023",
        cwe=319,
        title="Credentials travel unencrypted",
        pattern=r"(?<= )http:",
        message="The address starts with `http://`, so everybody on the way reads what is sent.",
        remediation="Use `https://` here.",
        operations=(*_EXHIBIT, "GET /tickets/redeem", "POST /login", "GET /internal/debug"),
        replacement="https:",
    ),
    _Rule(
        id="api5-writing-get",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        owasp="API5:2023",
        cwe=650,
        title="A GET changes something",
        pattern=r"get:(?=\n +operationId: redeem)",
        message="GET /tickets/redeem is named as an action; links, previews and crawlers call it.",
        remediation="Make it a POST.",
        operations=("GET /tickets/redeem",),
    ),
    _Rule(
        id="api7-url-in-body",
        severity=Severity.MEDIUM,
        confidence=Confidence.TENTATIVE,
        owasp="API7:2023",
        cwe=918,
        title="The service may be made to call any address",
        pattern=r"callback",
        message="`callback` takes an address from the caller, and nothing limits which.",
        remediation="Limit it by a pattern to the hosts that you expect, and say that private addresses are refused.",
        operations=("POST /login",),
    ),
    _Rule(
        id="api4-no-rate-limit",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        owasp="API4:2023",
        cwe=770,
        title="Nothing limits how often it is called",
        pattern=r"operationId",
        message="The operation documents no 429 answer and no limit headers.",
        remediation="Add a 429 answer with `Retry-After`.",
    ),
    _Rule(
        id="api4-unbounded-text",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        owasp="API4:2023",
        cwe=770,
        title="A text may be as long as the caller likes",
        pattern=r"type: string(?=})",
        message="The string has no maxLength, enum or format that bounds it.",
        remediation="Add `maxLength`.",
        operations=_EXHIBIT,
        replacement="type: string, maxLength: 200",
        guess=True,
    ),
    _Rule(
        id="api4-unbounded-number",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        owasp="API4:2023",
        cwe=1284,
        title="A number may be as large as the caller likes",
        pattern=r"type: (integer|array)",
        message="Neither the type nor a bound says how large it may be.",
        remediation="Add `minimum` and `maximum`, or `maxItems`.",
        operations=_EXHIBIT[:1],
    ),
    _Rule(
        id="api9-staging-server",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        owasp="API9:2023",
        cwe=1059,
        title="A server that is not for production is listed",
        pattern=r"https://staging",
        message="staging.museum.example stands beside the production server.",
        remediation="List it in a document of its own.",
    ),
)


def museum_report(**changes: Any) -> Report:
    """What a scan of the document might say; `changes` are fields of the report."""
    settings: dict[str, Any] = {
        "sources": {"museum.yaml": MUSEUM},
        "rules": {rule.id: _info(rule) for rule in _RULES},
        "held_back": 57,
        "former_score": 31,
        "notes": ("suppression of rule api4-no-rate-limit (agreed with the gateway team) expired on 2026-06-30",),
    }
    return a_report([finding for rule in _RULES for finding in _found(rule)], **settings | changes)


def _info(rule: _Rule) -> RuleInfo:
    return RuleInfo(
        id=rule.id,
        title=rule.title,
        why="Whoever finds this place needs no account and no skill: the description says how to call it.",
        exploited="An attacker reads the description, sends the request by hand, and repeats it for each object.",
        remediation=rule.remediation,
    )


def _found(rule: _Rule) -> Iterator[Finding]:
    for match in re.finditer(rule.pattern, MUSEUM):
        start, end = match.span()
        line = MUSEUM.count("\n", 0, start) + 1
        pointer = f"/line/{line}"
        edits: tuple[Edit, ...] = ()
        if rule.replacement is not None:
            edits = (Edit("museum.yaml", start, end, rule.replacement, rule.guess),)
        yield Finding(
            rule=rule.id,
            severity=rule.severity,
            confidence=rule.confidence,
            owasp=rule.owasp,
            cwe=rule.cwe,
            title=rule.title,
            message=rule.message,
            remediation=rule.remediation,
            file="museum.yaml",
            line=line,
            column=start - MUSEUM.rfind("\n", 0, start),
            pointer=pointer,
            operations=rule.operations,
            fixable=bool(edits),
            fingerprint=fingerprint(rule.id, "museum.yaml", pointer, str(line)),
            excerpt=MUSEUM.splitlines()[line - 1],
            edits=edits,
        )
