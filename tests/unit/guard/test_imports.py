from __future__ import annotations

import subprocess
import sys

FOREIGN = {
    "cryptography",
    "django",
    "fastapi",
    "flask",
    "httptools",
    "pydantic",
    "sqlite3",
    "starlette",
    "uvicorn",
    "uvloop",
}


def test_the_gate_loads_no_framework_driver_or_client() -> None:
    program = f"import sys, gatepost.guard; print({FOREIGN!r} & {{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
