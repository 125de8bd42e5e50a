"""Asks a web application for its description, in a process of its own that is ended when it takes too long."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO

from gatepost.errors import InvalidInput, TooLarge
from gatepost.probe.scan.reading.source_text import MAX_DOCUMENT_BYTES

APP = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*:[A-Za-z_]\w*(?:\.\w+)*(?:\(\))?", re.ASCII)
"""`package.module:app`, or with `()` when it is a function that makes the app."""

TIME_LIMIT_S = 60.0
"""Seconds for importing the app and describing it; large Django projects take ten."""

LAST_WORDS = 4096
"""Bytes of what the process printed that are looked at for a reason."""


def description_of_app(name: str) -> bytes:
    """The description of the app as JSON. Raises InvalidInput with the reason when there is none."""
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as words:
        status = _run(name, answer, words)
        if status is None:
            raise InvalidInput(f"{name} was not described within {TIME_LIMIT_S:g} seconds")
        if status != 0:
            raise InvalidInput(f"{name} cannot be described: {_last_line(words)}")
        answer.seek(0)
        data = answer.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"the description of {name} has more than {MAX_DOCUMENT_BYTES // 1024**2} MiB")
    return data


def _run(name: str, answer: IO[bytes], words: IO[bytes]) -> int | None:
    """The exit code of the process, or None when it had to be ended."""
    process = subprocess.Popen(  # noqa: S603 - the interpreter that runs this, with a name that matched APP
        [sys.executable, "-m", "gatepost.probe.scan.describe_app", name],
        stdin=subprocess.DEVNULL,
        stdout=answer,
        stderr=words,
        start_new_session=True,
    )
    try:
        return process.wait(TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left, or on macOS only who is ending already
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(words: IO[bytes]) -> str:
    words.seek(0, os.SEEK_END)
    words.seek(max(0, words.tell() - LAST_WORDS))
    lines = words.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
