"""What the table of other tools' checks says is true of the rules that there are."""

from __future__ import annotations

import tomllib

import pytest

from gatepost.probe.scan.rules import every_rule
from reference import CATALOGUES

_CHECKS = [
    pytest.param(by, id=check)
    for checks in tomllib.loads(CATALOGUES.read_text("utf-8")).values()
    for check, by in checks.items()
]


@pytest.mark.parametrize("by", _CHECKS)
def test_a_check_is_covered_by_rules_or_left_out_for_a_reason(by: list[str] | str) -> None:
    if isinstance(by, str):
        assert by.endswith(".")
    else:
        assert by
        assert set(by) <= {rule.id for rule in every_rule()}
