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


class Neighbours:
    """How much of the machine others used while this was measured."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at, self._before = clock.monotonic(), _others_seconds()

    def describe(self) -> dict[str, str]:
        """Since this was made; empty where the system does not say (macOS)."""
        after = _others_seconds()
        if after is None or self._before is None:
            return {}
        cores = (after - self._before) / (self._clock.monotonic() - self._started_at)
        return {"neighbours": f"other programs used {max(cores, 0.0):.2f} cores meanwhile"}


def _others_seconds() -> float | None:
    """Seconds of CPU that everything but this process and its ended children has used; interrupts are nobody's."""
    try:
        counts = [int(count) for count in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]]
    except OSError:
        return None
    user, nice, system, _idle, _waiting, _interrupts, _soft_interrupts, stolen = counts
    return (user + nice + system + stolen) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


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
