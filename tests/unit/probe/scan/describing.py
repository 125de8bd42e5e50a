"""Short ways to documents and descriptions."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

from gatepost.probe.finding import Finding
from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document, Options
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node, Source
from gatepost.probe.scan.reading.source_text import decode
from gatepost.probe.scan.reading.yaml_reader import read


def source(text: str | bytes) -> Source:
    """The text, read."""
    found = decode("api.yaml", text.encode() if isinstance(text, str) else text)
    read(found)
    return found


def node(text: str, *names: str | int) -> Node:
    """The value at a place of a text."""
    found = source(text).root.get(*names)
    assert found is not None
    return found


def in_file(path: Path, *, name: str = "", folder: Path | None = None) -> Document:
    """A document as it comes from a file."""
    return Document(name or path.name, path.read_bytes(), os.path.realpath(path), folder or path.parent)


def description(text: str, options: Options | None = None) -> Description:
    """What a text describes; `openapi: 3.1.0` is put in front of one that has no version."""
    text = dedent(text).lstrip("\n")
    whole = text if text.startswith(("openapi", "swagger")) else f"openapi: 3.1.0\n{text}"
    return engine.read(Document("api.yaml", whole.encode()), options or Options())


def findings(text: str, rule: str = "") -> list[Finding]:
    """What all rules find in a text, or one of them."""
    found = engine.scan([Document("api.yaml", text.encode())]).findings
    return [finding for finding in found if rule in ("", finding.rule)]
