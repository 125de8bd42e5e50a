"""Gatepost beside its peers: the same work, in the same run, on the same machine.

    python3 benchmarks/run.py [--rounds 3] [--seconds 5] [--only NAME,...] [--subscribers N] [--headline N] [--json]

Writes RESULTS.md and its charts. The first run installs the peers from their own locks into `benchmarks/.built/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def main() -> None:
    """Goes on in the project's own environment, which the bootstrap makes if need be."""
    if Path(sys.prefix) != VENV:
        subprocess.run([sys.executable, ROOT / "gatepost", "--version"], check=True, stdout=sys.stderr)
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, __file__, *sys.argv[1:]])
    sys.path.insert(0, str(ROOT))
    from benchmarks.command import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
