"""The service of the demo: `gatepost serve`, and the end of it when the demo ends, killed or not.

The demo holds the other end of stdin and never writes to it, so it ends with the demo on every system.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from gatepost.cli.main import main


def _end_with_the_demo() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through sys.stdin: its lock would still be held at the end of Python
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_end_with_the_demo, daemon=True).start()
    main()
