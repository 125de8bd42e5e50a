"""What was measured on: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import sqlite3
import sysconfig
from importlib.metadata import version
from pathlib import Path

from gatepost._version import __version__
from gatepost.clock import Clock

SPIN_TURNS = 5_000_000
PARTS = ("uvicorn", "uvloop", "httptools", "msgspec", "cryptography")


def describe(clock: Clock) -> dict[str, str]:
    """The machine, how busy it was, the interpreter, and the versions that matter."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load before": ", ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)",
        "system": platform.platform(),
        "python": f"{platform.python_version()}, {_build()}; {_spin_ns(clock):.0f} ns a turn of an empty loop",
        "sqlite": sqlite3.sqlite_version,
        "gatepost": f"{__version__} on " + ", ".join(f"{part} {version(part)}" for part in PARTS),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _build() -> str:
    """Whether it says that it was built with PGO; Debian's is, and does not say so: hence the loop beside it."""
    optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return f"built {'with' if optimized else 'without'} --enable-optimizations"


def _spin_ns(clock: Clock) -> float:
    start = clock.monotonic()
    for _ in range(SPIN_TURNS):
        pass
    return (clock.monotonic() - start) * 1e9 / SPIN_TURNS
