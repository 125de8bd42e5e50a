"""The scanners as their users run them, and what they say in one form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from benchmarks.built import Missing, program
from benchmarks.peer_environments import node_peer, python_peer
from tests.seeded.document import text_of
from tests.seeded.measure import Said

GATEPOST = str(Path(sys.executable).with_name("gatepost"))

AT_ONCE = 150
"""Files in one call: Spectral keeps the findings of all of them in memory, and a command line has an end."""

CALL_LIMIT_S = 1800
"""Seconds for one call; the slowest peer takes minutes on the largest document."""

ENVIRONMENT = os.environ | {
    "CHECKPOINT_DISABLE": "1",
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "NO_COLOR": "1",
}
"""No question for updates, no telemetry."""


class Scanner(Struct, frozen=True):
    """How one scanner is called, and how what it prints is read."""

    name: str
    title: str
    command: Callable[[Sequence[Path]], list[str]]
    """The whole command line. Raises `Missing`."""
    read: Callable[[str], Iterator[tuple[str, Said]]]
    """File and finding, from the standard output."""

    def __call__(self, files: Sequence[Path]) -> Mapping[str, Sequence[Said]]:
        """What it says about each file, by its name. Raises `Missing`."""
        found: dict[str, list[Said]] = {}
        for start in range(0, len(files), AT_ONCE):
            done = subprocess.run(
                self.command(files[start : start + AT_ONCE]),
                capture_output=True,
                text=True,
                check=False,
                timeout=CALL_LIMIT_S,
                env=ENVIRONMENT,
            )
            if not done.stdout.strip():
                raise Missing(f"{self.title} said nothing: {done.stderr.strip()[-500:]}")
            for file, said in self.read(done.stdout):
                found.setdefault(Path(file).name, []).append(said)
        return found


def gatepost(*options: str) -> Scanner:
    """Gatepost's own command with these options."""

    def command(files: Sequence[Path]) -> list[str]:
        return [GATEPOST, "scan", "--format", "json", *options, *map(str, files)]

    return Scanner("gatepost", " ".join(("gatepost scan", *options)), command, _gatepost)


def _gatepost(text: str) -> Iterator[tuple[str, Said]]:
    for finding in json.loads(text)["findings"]:
        yield finding["file"], Said(finding["rule"], finding["pointer"], finding["fixable"])


def _spectral_command(files: Sequence[Path]) -> list[str]:
    place = node_peer("spectral")
    binary = place / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"
    ruleset = str(place / "ruleset.yaml")
    return [program("node"), str(binary), "lint", "--quiet", "-f", "json", "-r", ruleset, *map(str, files)]


def _spectral(text: str) -> Iterator[tuple[str, Said]]:
    for finding in json.loads(text):
        rule = finding["code"].removeprefix("owasp:").replace(":2023-", "-")
        yield finding["source"], Said(rule, text_of(tuple(map(str, finding["path"]))))


def _redocly_command(files: Sequence[Path]) -> list[str]:
    place = node_peer("redocly")
    binary = place / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
    options = ["--format=json", "--max-problems=1000000", f"--config={place / 'redocly.yaml'}"]
    return [program("node"), str(binary), "lint", *options, *map(str, files)]


def _redocly(text: str) -> Iterator[tuple[str, Said]]:
    for document in _documents(text):
        for problem in document["problems"]:
            for location in problem["location"][:1]:
                yield location["source"]["ref"], Said(problem["ruleId"], location["pointer"].removeprefix("#"))


def _checkov_command(files: Sequence[Path]) -> list[str]:
    binary = python_peer("checkov") / "checkov"
    named = [word for file in files for word in ("-f", str(file))]
    return [str(binary), "--framework", "openapi", "--output", "json", "--quiet", "--compact", *named]


def _checkov(text: str) -> Iterator[tuple[str, Said]]:
    for document in _documents(text):
        for report in document if isinstance(document, list) else [document]:
            for check in report.get("results", {}).get("failed_checks", []):
                yield check["file_path"], Said(check["check_id"])


def _documents(text: str) -> Iterator[Any]:
    """Redocly prints one JSON document for each file, one after the other."""
    decoder, at = json.JSONDecoder(), 0
    text = text.rstrip()
    while at < len(text):
        at = text.index(next(sign for sign in text[at:] if sign in "[{"), at)
        document, at = decoder.raw_decode(text, at)
        yield document


SPECTRAL = Scanner("spectral", "Spectral + OWASP ruleset", _spectral_command, _spectral)
REDOCLY = Scanner("redocly", "Redocly CLI", _redocly_command, _redocly)
CHECKOV = Scanner("checkov", "Checkov", _checkov_command, _checkov)
RIVALS = (SPECTRAL, REDOCLY, CHECKOV)
