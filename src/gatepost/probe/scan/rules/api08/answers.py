"""API8:2023: failures that the document does not tell, and what they should look like.

All of them are for `--strict`: that an answer is not documented harms nobody by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gatepost.probe.finding import Severity
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.answers import Answers
from gatepost.probe.scan.rules.flows import flow_of
from gatepost.probe.scan.rules.rule import Check, Hit, Rule, rule

_KEY = "{parameters: [{name: q, in: query, schema: {type: string}}], security: [{key: []}]"
_BODY = "requestBody: {content: {application/json: {schema: {type: object}}}}"


def _missing(status: str, applies: Callable[[Operation], bool], others: tuple[str, ...] = ()) -> Check:
    """Finds operations to which a status applies and that document neither it nor one of the `others`."""
    enough = frozenset((status, *others))

    def check(description: Description) -> Iterator[Hit]:
        answers = Answers(description)
        concerned = [operation for operation in description.operations if applies(operation)]
        missing = [each for each in concerned if enough.isdisjoint(_statuses(each))]
        everywhere = len(missing) > 1 and len(missing) == len(concerned)
        for operation in missing:
            responses = operation.node.get("responses")
            if everywhere:
                continue
            yield Hit(
                responses if responses is not None else operation.node,
                f"{operation.name} does not say how it answers with {_named(status)}",
                (operation,),
                fix=answers.added(operation, status),
            )
        place = description.root.get("paths")
        if everywhere and place is not None:
            yield Hit(
                place,
                f"none of {len(missing)} operations says how it answers with {_named(status)}",
                tuple(missing),
                fix=tuple(change for each in missing for change in answers.added(each, status)),
            )

    return check


def _statuses(operation: Operation) -> set[str]:
    return {response.status.upper() if response.status != "default" else "default" for response in operation.responses}


def _named(status: str) -> str:
    return "any other status (`default`)" if status == "default" else status


def _answer_rule(status: str, title: str, why: str, check: Check, good: str, bad: str) -> Rule:
    decorate: Callable[[Check], Rule] = rule(
        f"api8-missing-{status}",
        title=title,
        severity=Severity.LOW,
        owasp="API8:2023",
        cwe=703,
        why=why,
        exploited="Nobody tests an answer that is not written down: it tells more than it should, or is a success.",
        remediation=f"Document the answer for {_named(status)} with the schema that all errors share.",
        good=good,
        bad=bad,
        strict=True,
    )
    return decorate(check)


def _takes_input(operation: Operation) -> bool:
    return bool(operation.parameters or operation.request_media_types)


def _takes_body(operation: Operation) -> bool:
    return operation.method in ("POST", "PUT", "PATCH") and bool(operation.request_media_types)


def _is_protected(operation: Operation) -> bool:
    return not operation.anonymous


def _is_of_one(operation: Operation) -> bool:
    """Whether the path names one thing that may not exist; a 404 that tells who has an account is none to ask for."""
    return operation.path.rstrip("/").endswith("}") and flow_of(operation) is None


def _always(_: Operation) -> bool:
    return True


missing_400 = _answer_rule(
    "400",
    "How invalid input is answered is not documented",
    "What is not rejected by contract reaches the code.",
    _missing("400", _takes_input, ("422", "4XX")),
    f"paths: {{/a: {{get: {_KEY}, responses: {{'400': {{description: a}}}}}}}}}}",
    f"paths: {{/a: {{get: {_KEY}, responses: {{'200': {{description: a}}}}}}}}}}",
)
missing_401 = _answer_rule(
    "401",
    "How a missing credential is answered is not documented",
    "Clients that do not know 401 keep sending a dead credential, or take the answer for data.",
    _missing("401", _is_protected, ("4XX",)),
    f"paths: {{/a: {{get: {_KEY}, responses: {{'401': {{description: a}}}}}}}}}}",
    f"paths: {{/a: {{get: {_KEY}, responses: {{'200': {{description: a}}}}}}}}}}",
)
missing_403 = _answer_rule(
    "403",
    "How a caller without the right is answered is not documented",
    "An operation that has no answer for it was probably never tried by somebody who may not call it.",
    _missing("403", _is_protected, ("4XX",)),
    f"paths: {{/a: {{get: {_KEY}, responses: {{'403': {{description: a}}}}}}}}}}",
    f"paths: {{/a: {{get: {_KEY}, responses: {{'200': {{description: a}}}}}}}}}}",
)
missing_404 = _answer_rule(
    "404",
    "How a thing that does not exist is answered is not documented",
    "Things that do not exist and things of others must be answered alike.",
    _missing("404", _is_of_one, ("4XX",)),
    f"paths: {{'/a/{{q}}': {{get: {_KEY}, responses: {{'404': {{description: a}}}}}}}}}}",
    f"paths: {{'/a/{{q}}': {{get: {_KEY}, responses: {{'200': {{description: a}}}}}}}}}}",
)
missing_415 = _answer_rule(
    "415",
    "How a body of another media type is answered is not documented",
    "A parser that guesses the type of a body is one that an attacker chooses.",
    _missing("415", _takes_body, ("4XX",)),
    f"paths: {{/a: {{post: {{{_BODY}, responses: {{'415': {{description: a}}}}}}}}}}",
    f"paths: {{/a: {{post: {{{_BODY}, responses: {{'200': {{description: a}}}}}}}}}}",
)
missing_500 = _answer_rule(
    "500",
    "How a failure of the server is answered is not documented",
    "Where nothing is agreed, the framework answers, with a stack trace.",
    _missing("500", _always, ("5XX",)),
    "paths: {/a: {get: {responses: {'500': {description: a}}}}}",
    "paths: {/a: {get: {responses: {'200': {description: a}}}}}",
)
missing_default = _answer_rule(
    "default",
    "What any other failure looks like is not documented",
    "Proxies, limits and later versions answer with statuses that nobody listed.",
    _missing("default", _always),
    "paths: {/a: {get: {responses: {default: {description: a}}}}}",
    "paths: {/a: {get: {responses: {'200': {description: a}}}}}",
)
