"""Bytes in and out of commands, piece by piece: files of any size, and pipes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from typer import BadParameter

from gatepost.cli import terminal
from gatepost.errors import InvalidParameter, TooLarge

PIECE_BYTES = 64 * 1024

STDIN = Path("-")

Write = Callable[[bytes], object]


def read(file: Path) -> Iterator[bytes]:
    """The pieces of a file, or of stdin when it is `-`."""
    if file == STDIN:
        if sys.stdin.isatty():
            raise BadParameter("there is nothing to read: give a file, or pipe something in")
        yield from iter(lambda: sys.stdin.buffer.read(PIECE_BYTES), b"")
        return
    try:
        with file.open("rb") as source:
            yield from iter(lambda: source.read(PIECE_BYTES), b"")
    except OSError as error:
        raise InvalidParameter(f"{file} cannot be read: {error.strerror}") from None


def whole(file: Path, most: int) -> bytes:
    """All of it, for what cannot be worked on in pieces. Raises TooLarge beyond so many bytes."""
    read_so_far = bytearray()
    for piece in read(file):
        read_so_far += piece
        if len(read_so_far) > most:
            raise TooLarge(f"this is held in memory as a whole, and taken up to {most // 2**20} MiB")
    return bytes(read_so_far)


@contextmanager
def writing(file: Path | None, *, replace: bool) -> Iterator[Write]:
    """Gives what writes into the file, or to stdout when there is none."""
    if file is not None:
        with complete_file(file, replace=replace) as write:
            yield write
        return
    if sys.stdout.isatty():
        raise BadParameter("bytes could garble or steer the terminal: give --output, or pipe them on")
    yield sys.stdout.buffer.write
    sys.stdout.buffer.flush()


@contextmanager
def complete_file(file: Path, *, replace: bool) -> Iterator[Write]:
    """An owner-only file that appears under its name when all of it is on disk, and otherwise not at all."""
    if os.path.lexists(file) and not (replace and file.is_file()):
        terminal.fail(f"{file} is there already", "give another name, or --force to replace a file")
    try:
        handle, partial = tempfile.mkstemp(prefix=".gatepost-", suffix=".partial", dir=file.parent)  # its mode is 0600
    except OSError as error:
        raise InvalidParameter(f"{file} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as opened:
            yield opened.write
            opened.flush()
            os.fsync(handle)
        Path(partial).replace(file)
    except OSError as error:
        raise InvalidParameter(f"{file} cannot be written: {error.strerror}") from None
    finally:
        Path(partial).unlink(missing_ok=True)
