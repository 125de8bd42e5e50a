"""`gatepost scan` as a process: what it repairs, in every form, and what other tools make of that."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from openapi_spec_validator import validate

from gatepost.server.api.document import openapi_document
from tests.seeded.document import parse

ORDERS = """\
# The orders of a small shop.
openapi: 3.0.3
info: {title: Orders, version: "1"}   # one line
servers:
  - url: http://api.example.com       # moved in 2019
security:
  - key: []
paths:
  /orders/{orderId}:
    get:
      operationId: showOrder
      parameters:
        - {name: orderId, in: path, required: true, schema: {type: string, format: uuid}}
      responses:
        '200':
          description: An order
          content:
            application/json:
              schema: {$ref: 'schemas.yaml#/Order'}
        '429':
          description: Too many requests
          headers: {Retry-After: {schema: {type: integer, minimum: 0, maximum: 86400}}}
    delete:
      security: []                    # to be done
      parameters:
        - {name: orderId, in: path, required: true, schema: {type: string, format: uuid}}
      responses:
        '204': {description: Deleted}
        # the last one
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
"""
SCHEMAS = "# Shared\nOrder:\n  type: object\n  properties:\n    note: {type: string}\n"


class Finished:
    """How a run ended."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rules(self) -> set[str]:
        return {finding["rule"] for finding in self.json["findings"]}


def scan(folder: Path, *arguments: str, stdin: bytes = b"") -> Finished:
    command = [str(Path(sys.executable).with_name("gatepost")), "scan", *arguments]
    return Finished(subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.yaml").write_text(ORDERS)
    (tmp_path / "schemas.yaml").write_text(SCHEMAS)
    return tmp_path


def text(folder: Path) -> str:
    return (folder / "orders.yaml").read_text()


def test_our_own_document_has_nothing_to_act_on(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(openapi_document())
    run = scan(tmp_path, "openapi.json", "--format", "json")
    assert (run.code, run.json["findings"], run.json["score"]) == (0, [], 100)


def test_what_is_fixed_is_gone_and_the_rest_is_as_it_was(folder: Path) -> None:
    before = scan(folder, "orders.yaml", "--format", "json")
    run = scan(folder, "orders.yaml", "--fix", "--format", "json")
    fixed = before.rules - run.rules
    assert {"api8-plain-http", "api2-auth-differs"} <= fixed
    assert f"fixed {len(before.json['findings']) - len(run.json['findings'])} of" in run.err
    lines = text(folder).splitlines()
    assert "  - url: https://api.example.com       # moved in 2019" in lines
    kept = [line for line in ORDERS.splitlines() if "http:" not in line and "security: []" not in line]
    rest = iter(lines)
    assert [line for line in kept if line not in rest] == []
    validate(parse(text(folder)), base_uri=(folder / "orders.yaml").as_uri())


def test_a_second_run_changes_nothing(folder: Path) -> None:
    scan(folder, "orders.yaml", "--fix", "--guess", "--strict")
    once = text(folder), (folder / "schemas.yaml").read_text()
    run = scan(folder, "orders.yaml", "--fix", "--guess", "--strict")
    assert (text(folder), (folder / "schemas.yaml").read_text()) == once
    assert "nothing can be fixed" in run.err


@pytest.mark.parametrize("tool", [("git", "apply"), ("patch", "--posix", "-p1", "-i")])
def test_a_patch_does_what_fix_does(folder: Path, tool: tuple[str, ...]) -> None:
    patch = scan(folder, "orders.yaml", "--patch", "--guess", "--strict")
    assert patch.code == 1
    (folder / "fixes.patch").write_text(patch.out)
    subprocess.run([*tool, "fixes.patch"], cwd=folder, check=True, capture_output=True, env=ALONE)
    patched = text(folder), (folder / "schemas.yaml").read_text()
    (folder / "orders.yaml").write_text(ORDERS)
    (folder / "schemas.yaml").write_text(SCHEMAS)
    scan(folder, "orders.yaml", "--fix", "--guess", "--strict")
    assert (text(folder), (folder / "schemas.yaml").read_text()) == patched
    assert "maxLength" in patched[1]


ALONE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": "/"}
"""Whatever repository the test runs in is none of its business."""


def test_an_overlay_ends_what_fix_ends(folder: Path) -> None:
    (folder / "overlay.yaml").write_text(scan(folder, "orders.yaml", "--overlay").out)
    overlaid = scan(folder, "orders.yaml", "--apply-overlay", "overlay.yaml", "--format", "json")
    fixed = scan(folder, "orders.yaml", "--fix", "--format", "json")
    assert overlaid.rules == fixed.rules
    assert text(folder) != ORDERS


def test_a_json_patch_gives_what_fix_gives(folder: Path) -> None:
    operations = scan(folder, "orders.yaml", "--json-patch").json
    scan(folder, "orders.yaml", "--fix")
    assert jsonpatch.apply_patch(parse(ORDERS), operations) == parse(text(folder))


def test_what_is_for_one_file_is_refused_for_two(folder: Path) -> None:
    for form in ("--overlay", "--json-patch"):
        run = scan(folder, "orders.yaml", form, "--guess", "--strict")
        assert (run.code, run.out) == (2, "")
        assert "orders.yaml, schemas.yaml" in run.err


REFUSED = {
    "stdin": (["-", "--fix"], "stdin"),
    "two forms": (["orders.yaml", "--fix", "--patch"], "choose one of --fix, --patch"),
    "an overlay underneath": (["orders.yaml", "--fix", "--apply-overlay", "x"], "--apply-overlay"),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_fixed_is_refused_with_a_reason(folder: Path, arguments: list[str], reason: str) -> None:
    run = scan(folder, *arguments, stdin=ORDERS.encode())
    assert (run.code, run.out) == (2, "")
    assert reason in run.err
    assert text(folder) == ORDERS


def test_what_stdin_gave_can_be_patched(folder: Path) -> None:
    run = scan(folder, "-", "--patch", stdin=ORDERS.encode())
    assert run.out.startswith("--- a/stdin\n+++ b/stdin\n")


def test_guesses_are_made_only_when_they_are_asked_for(folder: Path) -> None:
    scan(folder, "orders.yaml", "--fix", "--strict")
    assert "maxLength" not in (folder / "schemas.yaml").read_text()
    scan(folder, "orders.yaml", "--fix", "--strict", "--guess")
    assert "maxLength" in (folder / "schemas.yaml").read_text()


def test_a_report_carries_the_fixes(folder: Path) -> None:
    (run,) = scan(folder, "orders.yaml", "--format", "sarif").json["runs"]
    (server,) = [result for result in run["results"] if result["ruleId"] == "api8-plain-http"]
    (change,) = server["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    start = replacement["deletedRegion"]["charOffset"]
    end = start + replacement["deletedRegion"]["charLength"]
    assert (ORDERS[start:end], replacement["insertedContent"]["text"]) == (
        "http://api.example.com",
        "https://api.example.com",
    )


def test_a_fix_that_contradicts_an_example_is_told_and_not_made(folder: Path) -> None:
    (folder / "schemas.yaml").write_text(
        SCHEMAS.replace("{type: string}", "{type: string, default: x, example: 'a\u0007'}")
    )
    run = scan(folder, "orders.yaml", "--strict", "--format", "json")
    (finding,) = [each for each in run.json["findings"] if each["rule"] == "api4-unrestricted-string"]
    assert finding["fixable"] is False
    told = scan(folder, "orders.yaml", "--strict")
    assert "api4-unrestricted-string at schemas.yaml:5 is not offered" in " ".join(told.out.split())


ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PIPELINE = (ROOT / "docs" / "reference" / "scan.md").read_text()


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_a_hook_stops_a_commit_of_what_is_unsafe(folder: Path, hook: dict[str, Any]) -> None:
    program, verb, *options = hook["entry"].split()
    assert (program, verb) == ("gatepost", "scan")
    assert all(re.search(hook["files"], name) for name in ("openapi.yaml", "api/openapi-v2.yml", "docs/swagger.json"))
    (folder / "openapi.yaml").write_text(ORDERS.replace("security: []", "x-note: []"))
    assert scan(folder, *options, "openapi.yaml").code == (0 if "--fix" in options else 1)
    assert ("https:" in (folder / "openapi.yaml").read_text()) is ("--fix" in options)


def test_the_pipeline_in_the_documentation_runs(folder: Path) -> None:
    (command,) = re.findall(r"- run: gatepost scan (.+)", PIPELINE)
    (folder / "openapi.yaml").write_text(ORDERS)
    assert scan(folder, *command.split()).code == 1
    assert json.loads((folder / "gatepost.sarif").read_text())["version"] == "2.1.0"
    for snippet in re.findall(r"```yaml\n(.+?)```", PIPELINE, re.DOTALL):
        assert isinstance(yaml.safe_load(snippet), dict)
