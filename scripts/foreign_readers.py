"""Other people's software that reads what Gatepost seals, for the tests alone.

    .venv/bin/python scripts/foreign_readers.py install     what is missing

Each one has an environment of its own in `.servers/readers/`, made from its own lock and never mixed with Gatepost's:
some have licences that Gatepost could not carry. They are programs that the tests talk to, in `tests/foreign/`.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import servers

SOURCES = servers.HOME.parent / "tests" / "foreign"
PLACES = servers.HOME / "readers"
INSTALL = ".venv/bin/python scripts/foreign_readers.py install"


class Reader(NamedTuple):
    """One program: what its environment is made from, and how it is run."""

    name: str
    lock: str
    program: str
    build: Callable[[Path, Path], bool]
    command: Callable[[Path], Sequence[str]]

    @property
    def place(self) -> Path:
        return PLACES / self.name

    def run_command(self) -> Sequence[str] | None:
        """How to run it, or None when it is not installed as its lock says."""
        stamp = self.place / "stamp"
        return self.command(self.place) if stamp.exists() and stamp.read_text() == self.digest() else None

    def why_missing(self) -> str:
        return f"{self.name} is not installed: {INSTALL}"

    def digest(self) -> str:
        inputs = [SOURCES / self.name / name for name in (self.lock, self.program)]
        return hashlib.sha256(b"".join([sys.version.encode(), *(file.read_bytes() for file in inputs)])).hexdigest()


def build_python(sources: Path, place: Path) -> bool:
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    return servers.succeeds([*pip, "-r", str(sources / "requirements.lock")])


def build_node(sources: Path, place: Path) -> bool:
    shutil.copytree(sources, place)
    # Not `npm ci`: it refuses a lock that names no places to download from.
    return servers.succeeds(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(place)])


READERS = (
    Reader(
        "jwcrypto",
        "requirements.lock",
        "reader.py",
        build_python,
        lambda place: [str(place / "bin" / "python"), str(SOURCES / "jwcrypto" / "reader.py")],
    ),
    Reader(
        "jose",
        "package-lock.json",
        "reader.js",
        build_node,
        lambda place: ["node", str(place / "reader.js")],
    ),
)


def install() -> int:
    failed = [reader.name for reader in READERS if reader.run_command() is None and not made(reader)]
    if failed:
        print(f"not installed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def made(reader: Reader) -> bool:
    shutil.rmtree(reader.place, ignore_errors=True)
    servers.HOME.mkdir(mode=0o700, exist_ok=True)
    PLACES.mkdir(exist_ok=True)
    if not reader.build(SOURCES / reader.name, reader.place):
        return False
    (reader.place / "stamp").write_text(reader.digest())
    return True


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit(f"say: {INSTALL}")
    sys.exit(install())
