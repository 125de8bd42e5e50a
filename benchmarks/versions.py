"""Which versions of the peers were measured."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence

from benchmarks.peer_environments import NCHAN_PACKAGE, PEERS, nchan


def versions(peer: str, parts: Sequence[str]) -> str:
    """The parts of a peer that matter, as its lock pins them."""
    pinned = _pinned(peer)
    return ", ".join(f"{part} {pinned[part]}" for part in parts)


def server_versions() -> str:
    """Redis and Node as the system has them."""
    commands = (["redis-server", "--version"], ["node", "--version"])
    return ", ".join(f"{command[0]} {_version(command)}" for command in commands)


def nchan_versions() -> str:
    """nginx as the system has it, and the module that was made for it."""
    package = ["dpkg-deb", "--field", str(nchan() / NCHAN_PACKAGE), "Version"]
    return f"nginx {_version(['nginx', '-v'])}, nchan {_version(package)}"


def _pinned(name: str) -> dict[str, str]:
    lock = PEERS / name / "requirements.lock"
    if lock.exists():
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))
    packages = json.loads((PEERS / name / "package-lock.json").read_text())["packages"]
    return {path.removeprefix("node_modules/"): package.get("version", "") for path, package in packages.items()}


def _version(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not installed"
    found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)  # nginx tells it on stderr
    return found[0] if found else "of unknown version"
