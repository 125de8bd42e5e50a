"""What a command costs: CPU seconds and peak memory of it and of all that it started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks.built import Missing

LAUNCHER = Path(__file__).with_name("launcher.py")
MIB = 1024 * 1024

DONE = (0, 1)
"""Exit codes of a scanner that found nothing, or something."""


class Cost(Struct, frozen=True):
    """Of one run of a command."""

    cpu_s: float
    peak_mib: float


def cost(command: Sequence[str], env: dict[str, str]) -> Cost:
    """Runs a scanner to its end. Raises `Missing` when it could not do its work."""
    launched = [sys.executable, "-S", str(LAUNCHER), *command]
    said = subprocess.run(launched, stdout=subprocess.PIPE, text=True, check=True, env=env).stdout
    cpu_s, peak_bytes, exit_code = map(float, said.split())
    if exit_code not in DONE:
        raise Missing(f"{command[0]} ended with {exit_code:.0f}")
    return Cost(cpu_s, peak_bytes / MIB)
