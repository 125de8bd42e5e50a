"""What a command costs: CPU seconds and peak memory of it and of all that it started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from msgspec import Struct

MIB = 1024 * 1024

_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts the peak (getrusage(2))."""


class Cost(Struct, frozen=True):
    """Of one run, or of what one command needed."""

    cpu_s: float
    peak_mib: float


def cost(command: Sequence[str], env: dict[str, str]) -> Cost:
    """Runs the command to its end, whatever it answers: scanners fail when they find something."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) as process:
        # Not getrusage(RUSAGE_CHILDREN): its peak is that of the largest child so far, so an earlier scanner's.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * _PEAK_UNIT / MIB)
