"""From what a person names - files, folders, `-`, URLs, running apps - to documents."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from gatepost.errors import InvalidInput, TooLarge
from gatepost.probe.scan.app import APP, description_of_app
from gatepost.probe.scan.engine import Document
from gatepost.probe.scan.reading.library import SUFFIXES, is_url, read_named_file
from gatepost.probe.scan.reading.remote import Fetcher, refuse
from gatepost.probe.scan.reading.source_text import MAX_DOCUMENT_BYTES

MAX_FILES = 20_000
"""Files of a folder that are opened to see whether they are descriptions."""

STDIN = "-"

_OTHERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders that hold what others wrote; hidden ones are left out too."""

_DECLARATION = re.compile(rb"""(?:^|[\s{,])["']?(?:openapi|swagger)["']?\s*:\s*["']?[0-9]\.[0-9]""")


class Target(Struct, frozen=True):
    """One thing that was named, or one file of a folder that was."""

    name: str
    optional: bool = False
    """Whether it is passed over when it is no description after all: it was found, not named."""
    folder: Path | None = None
    """The tree in which its references may open files."""


def targets(names: list[str], ref_root: Path | None = None) -> list[Target]:
    """What there is to scan; folders are searched. Raises InvalidInput when a folder holds no description."""
    found: list[Target] = []
    for name in names:
        if os.path.isdir(name):
            files = [Target(file, True, ref_root or Path(name)) for file in _descriptions_below(name)]
            if not files:
                raise InvalidInput(f"{name} holds no OpenAPI document")
            found.extend(files)
        else:
            found.append(Target(name, folder=ref_root))
    return found


def document(target: Target, *, allow_remote: bool = False, stdin: BinaryIO | None = None) -> Document:
    """Reads what a target names. Raises a GatepostError that says why it cannot be read."""
    name = target.name
    if name == STDIN:
        return Document("stdin", _all_of(stdin or sys.stdin.buffer))
    if is_url(name):
        # Whoever typed it may reach it anyway: only what the document names is held to the rules for addresses.
        fetch = Fetcher(None) if allow_remote else refuse
        return Document(name, fetch(name), name)
    if APP.fullmatch(name) and not os.path.exists(name):
        return Document(name, description_of_app(name))
    path = Path(os.path.realpath(name))
    return Document(name, read_named_file(path, name), str(path), target.folder or path.parent, target.optional)


def _all_of(stream: BinaryIO) -> bytes:
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"stdin gave more than {MAX_DOCUMENT_BYTES // 1024**2} MiB")
    return data


def _descriptions_below(folder: str) -> Iterator[str]:
    opened = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _OTHERS)
        for file in sorted(files):
            path = os.path.join(place, file)
            if os.path.splitext(file)[1].lower() not in SUFFIXES or not os.path.isfile(path):
                continue
            opened += 1
            if opened > MAX_FILES:
                raise TooLarge(f"{folder} holds more than {MAX_FILES} YAML and JSON files")
            if _declares_a_version(path):
                yield path


def _declares_a_version(path: str) -> bool:
    """Whether the text looks like a description; parsing every file of a folder would take too long."""
    try:
        with open(path, "rb") as file:
            return _DECLARATION.search(file.read(MAX_DOCUMENT_BYTES)) is not None
    except OSError:
        return False
