"""`gatepost scan`: what is unsafe in an OpenAPI document."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from typer import Argument, Option

from gatepost.cli import terminal
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.cli.scan_fixes import Found
    from gatepost.probe.baseline import Baseline
    from gatepost.probe.report import Report
    from gatepost.probe.scan.engine import Document, Options, Scan
    from gatepost.probe.suppression import Suppression

UNUSABLE = 2
"""The exit code for input or arguments that nothing can be done with."""

COLLECT_AFTER = 200_000
"""Objects made before Python looks for unused ones: a scan needs nearly all, and looking took a quarter of its time."""

Format = Literal["terminal", "html", "markdown", "sarif", "junit", "json"]
Level = Literal["critical", "high", "medium", "low", "info"]


def scan(
    documents: Annotated[
        list[str] | None,
        Argument(metavar="DOC...", help="Files, folders, `-`, URLs, or running apps as `module:app`."),
    ] = None,
    form: Annotated[Format, Option("--format", help="What the report looks like.")] = "terminal",
    output: Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="Write the report there.")] = None,
    strict: Annotated[bool, Option("--strict", help="Show everything, not only what to act on.")] = False,
    fail_on: Annotated[Level, Option(help="The least severity that makes the exit code 1.")] = "low",
    baseline: Annotated[
        Path | None, Option(metavar="FILE", help="Show only what is new since this JSON report.")
    ] = None,
    since: Annotated[str | None, Option(metavar="DOC", help="Show only what is worse than in this document.")] = None,
    suppressions: Annotated[
        Path | None, Option(metavar="FILE", help="What to leave out and why; else .gatepost-scan.toml if it is there.")
    ] = None,
    apply_overlay: Annotated[
        list[Path] | None, Option(metavar="FILE", help="Apply this OpenAPI Overlay first; may be repeated.")
    ] = None,
    ref_root: Annotated[
        Path | None, Option(metavar="DIR", help="Where $refs may open files; else the document's folder.")
    ] = None,
    allow_remote: Annotated[bool, Option("--allow-remote", help="Fetch URLs that are given or referred to.")] = False,
    allow_network: Annotated[
        list[str] | None, Option(metavar="CIDR", help="Let $refs reach this private network; may be repeated.")
    ] = None,
    fix: Annotated[bool, Option("--fix", help="Repair the files in place, and tell what is left.")] = False,
    patch: Annotated[bool, Option("--patch", help="Print the fixes as a unified diff.")] = False,
    overlay: Annotated[bool, Option("--overlay", help="Print the fixes as an OpenAPI Overlay 1.0.")] = False,
    json_patch: Annotated[bool, Option("--json-patch", help="Print the fixes as a JSON Patch (RFC 6902).")] = False,
    guess: Annotated[bool, Option("--guess", help="Include fixes whose values you have to confirm.")] = False,
    explain: Annotated[str | None, Option(metavar="RULE", help="Say what a rule is about.")] = None,
) -> None:
    """Find what is unsafe in OpenAPI documents, and fix what can be fixed without touching anything else.

    Exits with 0 when nothing at or above --fail-on was found, 1 when something was, 2 for unusable input.
    """
    from gatepost.cli import scan_fixes
    from gatepost.probe.scan.engine import Options
    from gatepost.probe.scan.explain import explain as explanation

    try:
        if explain is not None:
            terminal.text(explanation(explain))
            return
        wanted = scan_fixes.wanted(fix=fix, patch=patch, overlay=overlay, json_patch=json_patch, overlays=apply_overlay)
        options = Options(
            allow_remote=allow_remote,
            allow_networks=tuple(allow_network or ()),
            overlays=tuple(apply_overlay or ()),
            changes=True,
        )
        look = partial(
            _found, documents or [], ref_root, options, since, _baseline(baseline), _suppressions(suppressions), strict
        )
        found = look()
        if wanted == "fix":
            scan_fixes.fix(found, options, guesses=guess, strict=strict)
            found = look()  # what is left
        report = found.report
        if wanted in (None, "fix"):
            report = scan_fixes.proposed(found, options, strict=strict, asked=form in ("sarif", "html"))
            text = _rendered(report, form, to_terminal=output is None, every_place=strict)
        else:
            text = scan_fixes.printed(found, options, wanted, guesses=guess, strict=strict)
        _write(text, output)
    except GatepostError as error:
        _unusable(error.detail)
    raise SystemExit(_exit_code(report, fail_on))


def _found(
    names: list[str],
    ref_root: Path | None,
    options: Options,
    since: str | None,
    baseline: Baseline | None,
    suppressions: tuple[Suppression, ...],
    strict: bool,
) -> Found:
    from gatepost.cli.scan_fixes import Found
    from gatepost.clock import SystemClock
    from gatepost.probe.scan import outcome

    documents, scanned = _scanned(names, ref_root, options, since)
    known = outcome.baseline_of(scanned.former) if since is not None else baseline
    report = outcome.report(scanned, SystemClock(), strict=strict, suppressions=suppressions, baseline=known)
    return Found(documents, scanned, report)


def _scanned(
    names: list[str], ref_root: Path | None, options: Options, since: str | None
) -> tuple[list[Document], Scan]:
    from gatepost.errors import InvalidInput
    from gatepost.probe.scan import engine, inputs

    if not names:
        raise InvalidInput("name at least one document")
    gc.set_threshold(COLLECT_AFTER)
    targets = inputs.targets(names, ref_root)
    former = None
    if since is not None:
        if len(targets) != 1:
            raise InvalidInput("--since compares one document with one other")
        former = inputs.document(inputs.Target(since, folder=ref_root), allow_remote=options.allow_remote)
    documents = [inputs.document(target, allow_remote=options.allow_remote) for target in targets]
    with terminal.progress({"scanned": len(targets)} if len(targets) > 1 else {}) as tell:
        progress = partial(tell, "scanned") if len(targets) > 1 else None
        return documents, engine.scan(documents, options, since=former, progress=progress)


def _baseline(path: Path | None) -> Baseline | None:
    from gatepost.probe.baseline import read_baseline

    return read_baseline(path) if path is not None else None


def _suppressions(path: Path | None) -> tuple[Suppression, ...]:
    from gatepost.probe.suppression import DEFAULT_NAME, read_suppressions

    if path is None and not Path(DEFAULT_NAME).is_file():
        return ()
    return read_suppressions(path or Path(DEFAULT_NAME))


def _write(text: str, output: Path | None) -> None:
    from gatepost.errors import InvalidInput

    if output is None:
        terminal.text(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}") from None


def _rendered(report: Report, form: Format, *, to_terminal: bool, every_place: bool) -> str:
    from importlib import import_module

    if form == "terminal":
        from gatepost.probe.reports.terminal import render

        colour = to_terminal and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        return render(report, width=shutil.get_terminal_size().columns, colour=colour, every_place=every_place)
    name = "json_report" if form == "json" else form
    rendered: str = import_module(f"gatepost.probe.reports.{name}").render(report)
    return rendered


def _exit_code(report: Report, fail_on: Level) -> int:
    from gatepost.probe.finding import Severity

    least = Severity.parse(fail_on)
    return terminal.FAILED if any(finding.severity >= least for finding in report.findings) else 0


def _unusable(reason: str) -> NoReturn:
    terminal.notice(f"gatepost: {reason.rstrip('.')} - see `gatepost scan --help`")
    raise SystemExit(UNUSABLE)
