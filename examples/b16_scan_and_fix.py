"""Scans an API description, repairs it with proof, and shows what is left for a person.

Run, with `pip install 'gatepost[scan,cli]'`:

    python examples/b16_scan_and_fix.py                # shop.yaml, which nobody has looked at yet
    python examples/b16_scan_and_fix.py openapi.yaml   # one of your own; it is not changed

It prints what is unsafe and why, the repair as a patch, and what the repaired copy still says. The same by hand:
`gatepost scan openapi.yaml`, then `--patch`, `--fix`, and `--guess` for values that you confirm yourself.

Protects: each edit changes its place and leaves every other byte as it was. Before it is offered, the repaired
document is scanned again in memory: it is still valid OpenAPI, the finding is gone, no new one appeared, and the
documented examples still fit their schemas.

Does not protect: a description says what an API should do. What the code does is a matter of its gate and its tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

GATEPOST = str(Path(sys.executable).with_name("gatepost"))

SHOP = Path(__file__).with_name("shop.yaml")


def main(names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(names[0] if names else SHOP, folder))
        scan("What is unsafe", copy)
        scan("The repair, as a patch", copy, "--patch")
        scan("What is left when it is made", copy, "--fix")
        scan("And with values that a person has to confirm", copy, "--fix", "--guess")


def scan(heading: str, file: Path, *options: str) -> None:
    """Runs the command in the folder of the file, as one does in a pipeline: 1 says that there are findings."""
    print(f"\n== {heading}: gatepost scan {' '.join([*options, file.name])}\n", flush=True)
    done = subprocess.run([GATEPOST, "scan", *options, file.name], cwd=file.parent, check=False)
    print(f"\n(exit code {done.returncode})", flush=True)
    if done.returncode > 1:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
