"""Fixtures for every test."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester", "tests.real_servers"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The service runs on asyncio alone, so the tests do."""
    return "asyncio"
