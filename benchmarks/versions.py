"""Which versions of the peers were measured."""

from __future__ import annotations

import json
import re
import subprocess

from benchmarks.peer_environments import PEERS
from benchmarks.peer_rows import Peer


def versions(peer: Peer) -> str:
    """The parts of a peer that matter, as its lock pins them."""
    pinned = _pinned(peer.name)
    return ", ".join(f"{part} {pinned[part]}" for part in peer.parts)


def server_versions() -> str:
    """Redis and Node as the system has them."""
    commands = (["redis-server", "--version"], ["node", "--version"])
    return ", ".join(f"{command[0]} {_version(command)}" for command in commands)


def _pinned(name: str) -> dict[str, str]:
    lock = PEERS / name / "requirements.lock"
    if lock.exists():
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))
    packages = json.loads((PEERS / name / "package-lock.json").read_text())["packages"]
    return {path.removeprefix("node_modules/"): package.get("version", "") for path, package in packages.items()}


def _version(command: list[str]) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return "not installed"
    found = re.search(r"\d+\.\d+\.\d+", said)
    return found[0] if found else "of unknown version"
