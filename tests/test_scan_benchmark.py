"""The benchmark of scanners measures what it says it measures. What any scanner finds, is asserted nowhere here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.scan.cost import Cost, cost
from benchmarks.scan.report import markdown
from benchmarks.scan.results import Bill, Costs, Results, Row
from benchmarks.scan.scanners import CHECKOV, REDOCLY, RIVALS, SPECTRAL, gatepost
from benchmarks.scan.sizes import LARGE_OPERATIONS, large_document, small_files
from tests.seeded.document import Document
from tests.seeded.expectations import EXPECTED
from tests.seeded.families.all import FAMILIES
from tests.seeded.measure import Findings, Measured, Planted, Said, fresh, meant, measure, repaired, written
from tests.seeded.plant import Seed


def seed(family: str = "missing-429", shape: str = "inline", *places: str) -> Seed:
    return Seed("one", family, "API4:2023", "3.0", shape, "text", places or ("/paths/~1a/get/responses/429",), False)


def planted(each: Seed) -> Planted:
    return Planted("clean.yaml", each, Path("clean--one.yaml"))


def hits(each: Seed, *said: Said, noise: Sequence[Said] = ()) -> list[Said]:
    return meant("spectral", planted(each), {"clean--one.yaml": said}, {"clean.yaml": noise})


RIGHT = "api4-rate-limit-responses-429"


@pytest.mark.parametrize(
    ("pointer", "counts"),
    [
        ("/paths/~1a/get/responses/429", True),
        ("/paths/~1a/get/responses", True),
        ("/paths/~1a/get/responses/429/content", True),
        ("/paths/~1a/get/responses/42", False),
        ("/paths/~1b/get/responses", False),
        (None, True),
    ],
)
def test_a_finding_counts_at_the_planted_place_in_it_or_around_it(pointer: str | None, counts: bool) -> None:
    assert bool(hits(seed(), Said(RIGHT, pointer))) is counts


def test_a_finding_of_another_kind_does_not_count() -> None:
    assert hits(seed(), Said("api1-no-numeric-ids", "/paths/~1a/get/responses")) == []


def test_what_is_said_about_the_clean_document_too_does_not_count() -> None:
    said = Said(RIGHT, "/paths/~1a/get/responses")
    assert hits(seed(), said, noise=[said]) == []
    assert fresh([said, said], [said]) == []


def test_what_is_wrong_for_all_operations_may_be_told_at_any() -> None:
    assert hits(seed("missing-429", "global", "/paths/~1a/get/responses/429"), Said(RIGHT, "/paths/~1b/get"))


def test_every_family_has_its_expectations() -> None:
    assert EXPECTED.keys() == {family.name for family in FAMILIES}


def test_a_repair_counts_when_the_finding_is_gone_and_the_document_is_valid(tmp_path: Path) -> None:
    """Three documents are edited: one well, one so that it is not valid any more, one not at all."""
    _, seeds = written(tmp_path)
    three = [each for each in seeds if each.seed.family == "missing-500" and each.seed.version == "3.0"][:3]
    said = {each.file.name: [Said("api8-define-error-responses-500", each.seed.where)] for each in three}
    found = measure("spectral", lambda _: said, [], three)
    (tmp_path / "copies").mkdir()

    def fix(files: Sequence[Path]) -> None:
        files[1].write_text("openapi: 3.0.3")

    def scanner(files: Sequence[Path]) -> Findings:
        return {files[2].name: said[files[2].name]}

    assert repaired("spectral", scanner, fix, found, tmp_path / "copies") == {three[0].file.name}


# What the scanners print


def test_spectral_is_read() -> None:
    printed = [{"code": "owasp:api4:2023-array-limit", "path": ["paths", "/a", "get", 0], "source": "/x/one.yaml"}]
    said = Said("api4-array-limit", "/paths/~1a/get/0")
    assert list(SPECTRAL.read(json.dumps(printed))) == [("/x/one.yaml", said)]


def test_redocly_prints_one_document_for_each_file() -> None:
    problem = {"ruleId": "struct", "location": [{"source": {"ref": "one.yaml"}, "pointer": "#/paths/~1a"}]}
    printed = json.dumps({"problems": [problem]}, indent=2) + json.dumps({"problems": []}) + "\n"
    assert list(REDOCLY.read(printed)) == [("one.yaml", Said("struct", "/paths/~1a"))]


def test_checkov_says_no_place() -> None:
    check = {"check_id": "CKV_OPENAPI_4", "file_path": "/one.yaml"}
    printed = json.dumps({"results": {"failed_checks": [check]}})
    assert list(CHECKOV.read(printed)) == [("/one.yaml", Said("CKV_OPENAPI_4"))]


def test_gatepost_is_read() -> None:
    finding = {"rule": "api8-plain-http", "pointer": "/servers/0", "fixable": True, "file": "x/one.yaml"}
    assert list(gatepost().read(json.dumps({"findings": [finding]}))) == [
        ("x/one.yaml", Said("api8-plain-http", "/servers/0", fixable=True))
    ]


# Sizes and costs


def test_the_large_document_is_as_large_as_it_is_said_to_be() -> None:
    text = large_document()
    assert 2.7e6 < len(text) < 3.3e6
    assert len(Document(text).operations) == LARGE_OPERATIONS
    assert large_document(30) == large_document(30)


def test_small_files_differ(tmp_path: Path) -> None:
    files = small_files(tmp_path, 10)
    assert len({file.read_text() for file in files}) == 10


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="costs are measured with wait4")
def test_the_cost_of_a_command_is_its_own() -> None:
    held = b"1" * 300_000_000  # by this process, which is none of the command's business
    large = cost([sys.executable, "-c", "x = b'1' * 200_000_000; sum(range(10_000_000)); raise SystemExit(1)"], {})
    small = cost([sys.executable, "-c", ""], {})
    assert len(held) / 2**20 > large.peak_mib > 190 > small.peak_mib > 1
    assert large.cpu_s > small.cpu_s > 0


# The page


def test_the_page_has_a_row_for_each_scanner_and_names_what_was_missed() -> None:
    outcomes = measure("spectral", lambda _: {}, [], [planted(seed())]).outcomes
    rows = [Row(each.name, each.title, Measured(outcomes, {})) for each in (gatepost(), gatepost("--strict"), *RIVALS)]
    costs = [Costs(row.name, row.title, Cost(1.0, 10.0), Cost(2.0, 20.0)) for row in rows]
    bill = Bill(costs, {1: Cost(1.1, 1.0), 2: Cost(2.2, 1.0)}, {1: Cost(1.0, 1.0)}, Cost(0.1, 1.0))
    page = markdown(Results({"processor": "a test"}, {"X": "gone"}, rows, bill))
    for row in rows:
        assert page.count(f"| {row.title} |") >= 2
    assert "- clean.yaml: one" in page
    assert "Not measured: X: gone." in page
    assert "| a file of 2, in one of 1 | 1.05 times | yes |" in page
    assert "| found of what was planted | 0.00 % | **no** |" in page


def test_what_was_left_out_of_a_run_is_left_out_of_the_page() -> None:
    page = markdown(Results({"processor": "a test"}, {}))
    assert "## Goals" not in page
    assert "## Cost" not in page
