"""`gatepost scan` beside other scanners: what each finds of what was planted, what it says of what is clean, its cost.

    python3 benchmarks/scan/run.py [--without-seeds] [--without-costs] [--without-fixes]

Writes SCAN.md. The first run installs the rivals from their own locks into `benchmarks/.built/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"


def main() -> None:
    """Goes on in the project's own environment, which the bootstrap makes if need be."""
    if Path(sys.prefix) != VENV:
        subprocess.run([sys.executable, ROOT / "gatepost", "--version"], check=True, stdout=sys.stderr)
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, __file__, *sys.argv[1:]])
    if find_spec("openapi_spec_validator") is None:
        sys.exit("needs the test tools, which `./gatepost test --quick` installs")
    sys.path[0] = str(ROOT)
    from benchmarks.scan.command import run  # noqa: PLC0415 - it finds its own environment first

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
