"""Writes fixes into the files that they are for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gatepost.errors import InvalidInput
from gatepost.probe.scan.engine import Document
from gatepost.probe.scan.fixes.repair import FileRepair
from gatepost.probe.scan.fixes.splice import applied
from gatepost.probe.scan.reading.library import is_url
from gatepost.probe.scan.reading.node import Source


def check_is_file(document: Document) -> None:
    """Raises InvalidInput for what has no file that could be edited."""
    if not document.location or is_url(document.location):
        raise InvalidInput(f"--fix edits files, and {document.name} is none; --patch and --overlay print the fixes")


def write(repairs: Iterable[FileRepair]) -> None:
    """Replaces each file at once with the repaired one; whoever reads it sees the one or the other.

    Raises InvalidInput before anything is written when a file cannot be, or is not what was scanned any more.
    """
    ready = [(_path(each.source), applied(each.source.text, each.splices), each.source) for each in repairs]
    for path, text, source in ready:
        _replace(path, text.encode(source.encoding))


def _path(source: Source) -> Path:
    if not source.location or is_url(source.location):
        raise InvalidInput(f"{source.name} was fetched and cannot be edited; --patch prints the fixes")
    path = Path(source.location)
    try:
        unchanged = path.read_bytes() == source.text.encode(source.encoding)
    except OSError as error:
        raise InvalidInput(f"{source.name} cannot be read again: {error.strerror}") from None
    if not unchanged:
        raise InvalidInput(f"{source.name} changed while it was scanned, or is {source.encoding} of an unusual kind")
    return path


def _replace(path: Path, data: bytes) -> None:
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".gatepost-")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            _copy_permissions(path, file.fileno())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        os.unlink(name)
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None


def _copy_permissions(path: Path, descriptor: int) -> None:
    status = path.stat()
    with suppress(PermissionError):  # only root may give files away
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, status.st_mode & 0o7777)
