"""Only what is new since a former report is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.errors import InvalidInput
from gatepost.probe.baseline import Baseline, KnownFinding, only_new, read_baseline
from gatepost.probe.reports import json_report
from tests.unit.probe.findings import a_finding
from tests.unit.probe.museum import museum_report

ONE, OTHER = a_finding(fingerprint="one"), a_finding(fingerprint="other")


def baseline(*known: tuple[str, str]) -> Baseline:
    return Baseline(tuple(KnownFinding(*each) for each in known))


def test_nothing_is_new_since_its_own_report(tmp_path: Path) -> None:
    report = museum_report()
    path = tmp_path / "baseline.json"
    path.write_text(json_report.render(report))
    former = read_baseline(path)
    assert only_new(report.findings, former) == ()
    assert former.score == report.score.total


def test_what_the_baseline_does_not_hold_is_new() -> None:
    assert only_new([ONE, OTHER], baseline(("one", "museum.yaml"))) == (OTHER,)


def test_a_finding_in_a_file_that_moved_is_known() -> None:
    assert only_new([ONE], baseline(("one", "old/museum.yaml"))) == ()


def test_one_known_finding_excuses_one_finding() -> None:
    elsewhere = a_finding(fingerprint="one", file="zoo/museum.yaml")
    assert only_new([elsewhere, ONE], baseline(("one", "museum.yaml"))) == (elsewhere,)


def test_a_baseline_without_a_score_has_no_trend(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"findings": []}')
    assert read_baseline(path) == Baseline(())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"findings": [{"rule": "x"}]}', '{"score": 3}', "\xff"])
def test_a_file_that_is_no_report_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"baseline\.json is not a JSON report"):
        read_baseline(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_baseline(tmp_path / "absent.json")


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.probe.baseline.BASELINE_LIMIT", 1000)
    with pytest.raises(InvalidInput, match="larger than 1000 bytes"):
        read_baseline(Path("/dev/zero"))
