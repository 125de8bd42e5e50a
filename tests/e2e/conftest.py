"""The real service, as a process, for tests that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service_process import ServiceProcess, running


@pytest.fixture
def running_service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """`gatepost serve` on a fresh data directory; loopback is an allowed network."""
    with running(tmp_path) as service:
        yield service
