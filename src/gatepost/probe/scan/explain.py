"""What a person should know about a rule, as text."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches

from gatepost.errors import NotFound
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Rule

WIDTH = 88
"""Columns of running text."""


def explain(name: str) -> str:
    """Why the rule of that id exists, how a weakness is used, what helps, with examples. Raises NotFound."""
    rules = {rule.id: rule for rule in every_rule()}
    if name not in rules:
        near = get_close_matches(name, rules, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"there is no rule {name!r}{hint}")
    return _text(rules[name])


def _text(rule: Rule) -> str:
    parts = [
        f"{rule.title}\n{rule.id}  {rule.severity}, {rule.confidence}  {rule.owasp}  CWE-{rule.cwe}",
        _paragraph("Why it matters", rule.why),
        _paragraph("How it is used", rule.exploited),
        _paragraph("What to do", rule.remediation),
        *(_example("Unsafe", example) for example in rule.bad),
        *(_example("Safe", example) for example in rule.good),
    ]
    return "\n\n".join(parts) + "\n"


def _paragraph(heading: str, text: str) -> str:
    return f"{heading}\n" + textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _example(heading: str, document: str) -> str:
    return f"{heading}\n" + textwrap.indent(document.rstrip(), "  ")
