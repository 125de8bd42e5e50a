"""Writes the pages of docs/reference that are made from the code: errors, settings, routes, rules of the scanner.

    .venv/bin/python scripts/reference.py

`tests/test_reference.py` fails when a page is not what this would write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

from gatepost.errors import GatepostError, StartRefused, every_error
from gatepost.guard.policy import ANY_KEY, PUBLIC
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import HEAD, Rule
from gatepost.server.api.all import OPERATIONS
from gatepost.server.settings import known
from gatepost.web.problem import STATUSES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
CATALOGUES = Path(__file__).resolve().with_name("scan_catalogues.toml")


def problems() -> str:
    """Every error code that the API can answer with."""
    rows = [
        f"| {_status(error)} | `{error.code}` | {error.title} |"
        for error in every_error()
        if error is not GatepostError and not issubclass(error, StartRefused) and _status(error) != 500
    ]
    head = (
        "# Problems\n\nErrors are problem documents (RFC 9457). A `code` never changes; `type` leads to its meaning.\n"
    )
    return "\n".join([head, "| status | code | meaning |", "|---|---|---|", *rows, ""])


def settings() -> str:
    """Every setting with its default."""
    rows = [f"| `{name}` | {_code(setting.default)} | {setting.doc} |" for name, setting in known().items()]
    head = (
        "# Settings\n\nA flag `--some-name`, else `GATEPOST_SOME_NAME`, else `some_name` in `gatepost.toml`, else the "
        "default.\nSpans are written such as `250ms`, `5s`, `15m`, `2h`, `30d`; sizes such as `512MiB`.\n"
    )
    return "\n".join([head, "| setting | default | meaning |", "|---|---|---|", *rows, ""])


def routes() -> str:
    """Every route with the scope that it demands."""
    rows = [f"| `{each.method} {each.path}` | {_scope(each.policy.scope)} | {each.summary} |" for each in OPERATIONS]
    head = "# Routes\n\nThe whole description is served at `/openapi.json`.\n"
    return "\n".join([head, "| route | scope | what it does |", "|---|---|---|", *rows, ""])


def scan_rules() -> str:
    """Every rule of the scanner with its examples, and what other tools call the same."""
    head = (
        "# Rules of `gatepost scan`\n\n"
        "`gatepost scan --explain RULE` says the same in the terminal. An id never changes.\n"
        "Severity and confidence are those of most findings; a place can be more or less serious.\n"
        "What *strict* rules find is told only with `--strict`.\n"
    )
    rules = sorted(every_rule(), key=lambda rule: (_category(rule)[0], rule.id))
    contents = [f"| [`{each.id}`](#{each.id}) | {each.title} | {_level(each)} | CWE-{each.cwe} |" for each in rules]
    table = "\n".join(["| rule | what it finds | severity | weakness |", "|---|---|---|---|", *contents])
    return "\n".join([head, table, "", *_rules_by_category(rules), *_catalogues()])


CATEGORIES = {
    "API1:2023": "Broken object level authorization",
    "API2:2023": "Broken authentication",
    "API3:2023": "Broken object property level authorization",
    "API4:2023": "Unrestricted resource consumption",
    "API5:2023": "Broken function level authorization",
    "API6:2023": "Unrestricted access to sensitive business flows",
    "API7:2023": "Server side request forgery",
    "API8:2023": "Security misconfiguration",
    "API9:2023": "Improper inventory management",
    "API10:2023": "Unsafe consumption of APIs",
}
"""The OWASP API Security Top 10 of 2023."""


def _category(rule: Rule) -> tuple[int, str]:
    if rule.id.startswith("regression-"):
        return len(CATEGORIES) + 1, "What became worse (`--since`)"
    if rule.id.startswith("document-"):
        return len(CATEGORIES) + 2, "The document itself"
    number = list(CATEGORIES).index(rule.owasp)
    return number, f"{rule.owasp}, {CATEGORIES[rule.owasp].lower()}"


def _level(rule: Rule) -> str:
    return f"{rule.severity}, {rule.confidence}{', strict' if rule.strict else ''}"


def _rules_by_category(rules: list[Rule]) -> Iterator[str]:
    heading = ""
    for rule in rules:
        if _category(rule)[1] != heading:
            heading = _category(rule)[1]
            yield f"## {heading}\n"
        yield _rule(rule)


def _rule(rule: Rule) -> str:
    parts = [
        f"### {rule.id}",
        f"**{rule.title}.** {_level(rule)}; {rule.owasp}, CWE-{rule.cwe}.",
        f"{rule.why} {rule.exploited}",
        f"What to do: {rule.remediation}",
        *(_example("Before", rule, rule.before) if rule.before else ()),
        *(_example("Unsafe", rule, rule.bad[0]) if rule.bad else ()),
        *(_example("Safe", rule, rule.good[0]) if rule.good else ()),
    ]
    return "\n\n".join(parts) + "\n"


def _example(heading: str, rule: Rule, document: str) -> tuple[str, str]:
    is_broken = rule.id.startswith("document-")  # its text is the point of it
    shown = _printable(document) if is_broken else _in_blocks(document)
    if len(shown) > MAX_EXAMPLE:
        shown = f"{shown[:MAX_EXAMPLE]}..."
    return f"{heading}:", f"```yaml\n{shown.strip()}\n```"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() or each == "\n" else f"\\x{ord(each):02x}" for each in text)


def _in_blocks(document: str) -> str:
    """As people write it: examples in the code are in one line, and begin with what every document begins with."""
    tree = yaml.safe_load(document)
    if document.startswith(HEAD):
        del tree["openapi"], tree["info"]
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)


MAX_EXAMPLE = 1500
"""Characters of an example on the page; the longest ones show a document that is too long."""


def _catalogues() -> Iterator[str]:
    yield "## What other tools check\n"
    yield "A check that is left out says why.\n"
    for name, checks in tomllib.loads(CATALOGUES.read_text("utf-8")).items():
        rows = [f"| {_cell(check)} | {_covered(by)} |" for check, by in checks.items()]
        yield "\n".join([f"### {name}", "", "| check | rules |", "|---|---|", *rows, ""])


def _covered(by: list[str] | str) -> str:
    return f"left out: {_cell(by)}" if isinstance(by, str) else ", ".join(f"[`{rule}`](#{rule})" for rule in by)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES = {"problems.md": problems, "settings.md": settings, "routes.md": routes, "scan-rules.md": scan_rules}


def _status(error: type[GatepostError]) -> int:
    return next(STATUSES[kind] for kind in error.__mro__ if kind in STATUSES)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _scope(scope: str) -> str:
    return {PUBLIC: "none", ANY_KEY: "any key"}.get(scope, f"`{scope}`")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
