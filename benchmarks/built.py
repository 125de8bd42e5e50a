"""What is made on first use and kept in `.built/`: the peers' environments, the compiled client."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

BUILT = Path(__file__).resolve().parent / ".built"

STEP_LIMIT_S = 600
"""Seconds for one installation over a slow line."""


class Missing(Exception):
    """Something cannot be measured on this machine; the text says what it lacks."""


def program(name: str) -> str:
    """Where a program of the system is. Raises `Missing`."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def built(name: str, inputs: Sequence[Path], build: Callable[[Path], None]) -> Path:
    """The directory that `build` filled from these inputs; made anew when they or the interpreter have changed."""
    place, stamp = BUILT / name, BUILT / f"{name}.sha256"
    digest = hashlib.sha256(b"".join([sys.version.encode(), *(file.read_bytes() for file in inputs)])).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print(f"making {name} ...", file=sys.stderr)
        stamp.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        build(place)
        stamp.write_text(digest)
    return place


def step(*command: str | Path, directory: Path | None = None) -> None:
    """Runs one step of a build. Raises `Missing` with the end of what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=STEP_LIMIT_S, cwd=directory)
    if done.returncode != 0:
        raise Missing(f"{words[0]} failed: {done.stderr.strip()[-500:]}")
