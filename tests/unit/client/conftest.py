"""Fixtures of the SDK's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.client.stand_in import StandIn, standing_in


@pytest.fixture
def service() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in
