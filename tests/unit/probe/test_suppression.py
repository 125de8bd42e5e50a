"""Findings are suppressed for a reason, for a time, and never by accident."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gatepost.errors import InvalidInput
from gatepost.probe.suppression import Suppression, read_suppressions, suppress
from tests.unit.clocks import HandClock
from tests.unit.probe.findings import a_finding

CLOCK = HandClock()  # 2026-09-21
FINDING = a_finding()
SHARED = a_finding(operations=("GET /a", "POST /a"))


def kept(entry: Suppression, *others: Suppression) -> bool:
    return suppress([FINDING], [entry, *others], CLOCK).kept == (FINDING,)


def an_entry(**members: Any) -> Suppression:
    return Suppression("looked at", **members)


@pytest.mark.parametrize(
    "members",
    [
        {"rule": "api2-no-authentication"},
        {"rule": "api2-*"},
        {"pointer": "/paths/*"},
        {"operation": "DELETE *"},
        {"file": "museum.yaml"},
        {"rule": "api2-*", "pointer": "*/security", "operation": "DELETE /exhibits/{id}", "file": "*.yaml"},
    ],
)
def test_an_entry_that_matches_suppresses(members: dict[str, str]) -> None:
    assert not kept(an_entry(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"rule": "api2"},
        {"rule": "API2-*"},
        {"operation": "GET *"},
        {"file": "zoo.yaml"},
        {"rule": "api2-*", "pointer": "/components/*"},
    ],
)
def test_an_entry_of_which_a_member_does_not_match_suppresses_nothing(members: dict[str, str]) -> None:
    assert kept(an_entry(**members))


@pytest.mark.parametrize("file", ["/srv/api/museum.yaml", "C:\\api\\museum.yaml"])
def test_a_file_is_named_without_its_folder(file: str) -> None:
    outcome = suppress([a_finding(file=file)], [an_entry(file="museum.yaml")], CLOCK)
    assert outcome.kept == ()


def test_the_reason_goes_with_the_finding() -> None:
    (suppressed,) = suppress([FINDING], [an_entry(rule="api2-*")], CLOCK).suppressed
    assert (suppressed.finding, suppressed.reason) == (FINDING, "looked at")


def test_a_shared_finding_stays_until_each_operation_is_covered() -> None:
    read, write = an_entry(operation="GET /a"), an_entry(operation="POST /a")
    assert suppress([SHARED], [read], CLOCK).kept == (SHARED,)
    assert suppress([SHARED], [read, write], CLOCK).kept == ()
    assert suppress([SHARED], [an_entry(operation="* /a")], CLOCK).kept == ()


def test_a_finding_without_operations_is_not_covered_by_one() -> None:
    finding = a_finding(operations=())
    assert suppress([finding], [an_entry(operation="*")], CLOCK).kept == (finding,)


def test_it_holds_on_its_last_day_and_not_after() -> None:
    assert not kept(an_entry(rule="*", until=date(2026, 9, 21)))
    assert kept(an_entry(rule="*", until=date(2026, 9, 20)))


def test_an_expired_entry_is_told() -> None:
    (note,) = suppress([FINDING], [an_entry(rule="api2-*", until=date(2026, 9, 20))], CLOCK).notes
    assert note == "suppression of rule api2-* (looked at) expired on 2026-09-20"


def test_an_entry_that_matches_nothing_is_told() -> None:
    (note,) = suppress([FINDING], [an_entry(rule="api2-*"), an_entry(rule="gone", file="a.yaml")], CLOCK).notes
    assert note == "suppression of rule gone, file a.yaml (looked at) matches nothing; remove it"


def test_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".gatepost-scan.toml"
    path.write_text(
        '[[suppress]]\nrule = "a"\nreason = "known"\nuntil = 2027-06-30\n[[suppress]]\npointer = "/x"\nreason = "b"\n'
    )
    assert read_suppressions(path) == (
        Suppression("known", rule="a", until=date(2027, 6, 30)),
        Suppression("b", pointer="/x"),
    )


def test_an_empty_file_suppresses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("# nothing yet\n")
    assert read_suppressions(path) == ()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[[suppress]]\nrule = "a"', "required field `reason`"),
        ('[[suppress]]\nrule = "a"\nreason = " "', "entry 1 of the suppression file .* gives no reason"),
        ('[[suppress]]\nreason = "all"', "covers everything"),
        ('[[suppress]]\nrule = "a"\nreason = "b"\nunitl = 2027-01-01', "unknown field `unitl`"),
        ('[[suppress]]\nrule = "a"\nreason = "b"\nuntil = "soon"', "until"),
        ("[[suppress]", "is wrong"),
        ("rules = 1", "unknown field `rules`"),
        ("\xff", "is wrong"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput, match=complaint):
        read_suppressions(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_suppressions(tmp_path / "absent.toml")
