"""What `import gatepost` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gatepost

PUBLIC = ["AsyncClient", "Client", "Gap", "NewNotification", "Received", "Retries", "__version__", "verify_webhook"]

COSTLY = {
    "asyncio",
    "cryptography",
    "django",
    "fastapi",
    "flask",
    "httptools",
    "pydantic",
    "rich",
    "sqlite3",
    "ssl",
    "starlette",
    "typer",
    "uvicorn",
    "uvloop",
}


def test_the_list_of_public_names_is_this_one() -> None:
    assert sorted(gatepost.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(gatepost))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(gatepost, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Server'"):
        gatepost.Server  # noqa: B018 - looking is the test


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return {module.partition(".")[0] for module in run.stdout.split()}


@pytest.mark.parametrize("statement", ["import gatepost", "import gatepost.guard"])
def test_importing_loads_no_framework_driver_or_client(statement: str) -> None:
    assert loaded_by(statement) & COSTLY == set()


def test_the_blocking_client_loads_no_event_loop() -> None:
    assert loaded_by("from gatepost import Client") & {"asyncio", "httptools", "uvloop", "cryptography"} == set()
