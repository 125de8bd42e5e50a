"""What a command costs: CPU seconds and peak memory of it and of all that it started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

LAUNCHER = Path(__file__).with_name("launcher.py")
MIB = 1024 * 1024


class Cost(Struct, frozen=True):
    """Of one run of a command."""

    cpu_s: float
    peak_mib: float


def cost(command: Sequence[str], env: dict[str, str]) -> Cost:
    """Runs the command to its end."""
    launched = [sys.executable, "-S", str(LAUNCHER), *command]
    said = subprocess.run(launched, stdout=subprocess.PIPE, text=True, check=True, env=env).stdout
    cpu_s, peak_bytes = map(float, said.split())
    return Cost(cpu_s, peak_bytes / MIB)
