"""Runs a command to its end and prints what it and all that it started took: CPU seconds, bytes at the peak, exit code.

A process of its own, and a small one: on Linux the peak of a child is at least what its parent had when it forked.
"""

from __future__ import annotations

import os
import sys

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts the peak (getrusage(2))."""


def main() -> None:
    """What the command prints is nobody's business."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    silent = [(os.POSIX_SPAWN_DUP2, nowhere, stream) for stream in (1, 2)]
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
    # Not getrusage(RUSAGE_CHILDREN): the same, but for all children that ever were.
    _, status, used = os.wait4(child, 0)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss * PEAK_UNIT, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
