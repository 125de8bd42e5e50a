"""`gatepost scan` as people and pipelines call it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.cli.conftest import Gatepost

SAFE = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n"
UNSAFE = (
    "openapi: 3.1.0\ninfo: {title: a, version: '1'}\nservers: [{url: http://example.com}]\npaths: {/a: {get: {}}}\n"
)
RULE = "api8-plain-http"


@pytest.fixture
def safe(tmp_path: Path) -> str:
    return write(tmp_path / "safe.yaml", SAFE)


@pytest.fixture
def unsafe(tmp_path: Path) -> str:
    return write(tmp_path / "unsafe.yaml", UNSAFE)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return path.name


def test_findings_end_with_one_and_none_with_zero(gatepost: Gatepost, safe: str, unsafe: str) -> None:
    assert gatepost("scan", safe).code == 0
    run = gatepost("scan", unsafe)
    assert run.code == 1
    assert RULE in run.out
    assert run.err == ""


def test_the_json_report_is_the_contract(gatepost: Gatepost, unsafe: str) -> None:
    report = gatepost("scan", unsafe, "--format", "json").json
    assert set(report) >= {"documents", "score", "findings"}
    assert report["documents"] == [unsafe]
    (finding,) = [finding for finding in report["findings"] if finding["rule"] == RULE]
    assert set(finding) >= {
        *("rule", "severity", "confidence", "owasp", "cwe", "title", "message", "remediation"),
        *("file", "line", "column", "pointer", "operations", "fixable", "fingerprint"),
    }
    assert (finding["severity"], finding["confidence"]) == ("high", "certain")
    assert (finding["line"], finding["column"], finding["pointer"]) == (3, 17, "/servers/0/url")


@pytest.mark.parametrize(("level", "code"), [("high", 1), ("critical", 0)])
def test_the_level_decides_about_the_exit_code(
    gatepost: Gatepost, tmp_path: Path, unsafe: str, level: str, code: int
) -> None:
    write(tmp_path / ".gatepost-scan.toml", '[[suppress]]\nrule = "*[!p]"\npointer = "/paths/*"\nreason = "not here"\n')
    assert gatepost("scan", unsafe, "--fail-on", level).code == code


UNUSABLE = {
    "a file that is not there": (["gone.yaml"], "cannot be read"),
    "no document": ([], "name at least one document"),
    "another kind of document": (["other.yaml"], "is no OpenAPI document"),
    "a URL that is not allowed": (["https://example.com/a"], "--allow-remote"),
    "a baseline that is none": (["safe.yaml", "--baseline", "other.yaml"], "baseline"),
    "suppressions that are none": (["safe.yaml", "--suppressions", "gone.toml"], "suppression file"),
    "an overlay that is none": (["safe.yaml", "--apply-overlay", "other.yaml"], "is no overlay"),
    "a report that cannot be written": (["safe.yaml", "-o", "gone/report"], "cannot be written"),
    "two documents to compare with one": (["safe.yaml", "unsafe.yaml", "--since", "safe.yaml"], "--since"),
    "a network that is none": (["safe.yaml", "--allow-remote", "--allow-network", "x"], "not a network"),
    "a level that is none": (["safe.yaml", "--fail-on", "huge"], "huge"),
    "a rule that is none": (["--explain", "gone"], "there is no rule"),
}


@pytest.mark.parametrize(("arguments", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_input_ends_with_two_and_the_reason(
    gatepost: Gatepost, tmp_path: Path, safe: str, unsafe: str, arguments: list[str], reason: str
) -> None:
    write(tmp_path / "other.yaml", "a: 1\n")
    run = gatepost("scan", *arguments)
    assert run.code == 2
    assert reason in run.err
    assert "Traceback" not in run.err


def test_stdin_is_scanned(gatepost: Gatepost) -> None:
    run = gatepost("scan", "-", "--format", "json", stdin=UNSAFE.encode())
    assert run.json["documents"] == ["stdin"]
    assert run.code == 1


def test_a_folder_is_searched(gatepost: Gatepost, safe: str, unsafe: str) -> None:
    assert gatepost("scan", ".", "--format", "json").json["documents"] == ["./safe.yaml", "./unsafe.yaml"]


def test_a_report_goes_to_a_file(gatepost: Gatepost, tmp_path: Path, unsafe: str) -> None:
    run = gatepost("scan", unsafe, "--format", "json", "-o", "report.json")
    assert (run.code, run.out) == (1, "")
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes())["findings"]


@pytest.mark.parametrize("form", ["terminal", "html", "markdown", "sarif", "junit", "json"])
def test_every_form_is_rendered(gatepost: Gatepost, unsafe: str, form: str) -> None:
    assert RULE in gatepost("scan", unsafe, "--format", form).out


def test_a_baseline_leaves_out_what_was_known(gatepost: Gatepost, unsafe: str) -> None:
    gatepost("scan", unsafe, "--strict", "--format", "json", "-o", "baseline.json")
    run = gatepost("scan", unsafe, "--baseline", "baseline.json", "--format", "json")
    assert (run.code, run.json["findings"]) == (0, [])


def test_only_what_became_worse_is_told(gatepost: Gatepost, safe: str, unsafe: str) -> None:
    assert gatepost("scan", unsafe, "--since", unsafe).code == 0
    assert RULE in gatepost("scan", unsafe, "--since", safe).out


def test_suppressions_are_read_from_where_the_command_runs(gatepost: Gatepost, tmp_path: Path, unsafe: str) -> None:
    write(tmp_path / ".gatepost-scan.toml", f'[[suppress]]\nrule = "{RULE}"\nreason = "inside only"\n')
    report = gatepost("scan", unsafe, "--format", "json").json
    assert RULE not in {finding["rule"] for finding in report["findings"]}


def test_an_overlay_is_applied_before_anything_is_looked_at(gatepost: Gatepost, tmp_path: Path, unsafe: str) -> None:
    write(
        tmp_path / "overlay.yaml",
        "overlay: 1.0.0\nactions: [{target: '$.servers[0].url', update: https://example.com}]\n",
    )
    report = gatepost("scan", unsafe, "--apply-overlay", "overlay.yaml", "--format", "json").json
    assert RULE not in {finding["rule"] for finding in report["findings"]}


def test_a_wider_folder_for_references_can_be_named(gatepost: Gatepost, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    write(tmp_path / "api" / "openapi.yaml", "openapi: 3.1.0\npaths: {/a: {$ref: '../shared.yaml'}}\n")
    write(tmp_path / "shared.yaml", "get: {servers: [{url: http://example.com}]}\n")
    path = "api/openapi.yaml"
    outside = gatepost("scan", path, "--format", "json").json["findings"]
    assert "document-outside-ref" in {finding["rule"] for finding in outside}
    allowed = gatepost("scan", path, "--ref-root", ".", "--format", "json").json["findings"]
    assert {finding["file"] for finding in allowed if finding["rule"] == RULE} == {"shared.yaml"}


def test_a_rule_is_explained(gatepost: Gatepost) -> None:
    run = gatepost("scan", "--explain", RULE)
    assert run.code == 0
    assert "Why it matters" in run.out
