"""The peers' own environments, installed from their own locks and never mixed with Gatepost's."""

from __future__ import annotations

import shutil
import venv
from pathlib import Path

from benchmarks.built import built, program, step

PEERS = Path(__file__).resolve().parent / "peers"

NCHAN_PACKAGE = "nchan.deb"
NCHAN_MODULE = "usr/lib/nginx/modules/ngx_nchan_module.so"
"""Where they lie in the directory of `nchan`."""


def python_peer(name: str) -> Path:
    """The programs of a peer in Python, with the packages that its lock names by hash."""
    lock = PEERS / name / "requirements.lock"

    def build(place: Path) -> None:
        venv.create(place, with_pip=True)
        step(place / "bin" / "python", "-m", "pip", "install", "--require-hashes", "-r", lock)

    return built(name, [lock], build) / "bin"


def node_peer(name: str) -> Path:
    """A peer in JavaScript, copied to where its packages are. Raises `Missing`."""
    files = sorted(PEERS.joinpath(name).iterdir())

    def build(place: Path) -> None:
        for file in files:
            shutil.copy(file, place)
        # Not `npm ci`: it refuses a lock that lacks optional packages for systems other than the one it was written on.
        step(program("npm"), "install", "--ignore-scripts", "--prefix", place)

    return built(name, files, build)


def nchan() -> Path:
    """The directory of nginx's module nchan, unpacked from the system's package, not installed. Raises `Missing`."""

    def build(place: Path) -> None:
        step(program("apt-get"), "download", "libnginx-mod-nchan", directory=place)
        package = next(place.glob("*.deb")).rename(place / NCHAN_PACKAGE)
        step(program("dpkg-deb"), "--extract", package, place)
        settings = place / "loads.conf"
        settings.write_text(f"load_module {place / NCHAN_MODULE}; pid {place}/pid; events {{}}")
        step(program("nginx"), "-q", "-t", "-p", place, "-c", settings)

    return built("nchan", [PEERS / "nchan" / "nginx.conf"], build)
