"""Ids and times of the wire, and the real clock."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import RANDOM_PORTION, SystemClock, is_id, new_id, rfc3339
from tests.unit.clocks import HandClock


def test_an_id_is_a_prefix_and_a_uuid_of_version_7() -> None:
    prefix, _, digits = new_id("ntf", HandClock()).partition("_")
    number = uuid.UUID(hex=digits)
    assert prefix == "ntf"
    assert (number.version, number.variant) == (7, uuid.RFC_4122)
    assert digits == number.hex


def test_an_id_starts_with_its_millisecond_and_so_sorts_by_time() -> None:
    clock = HandClock()
    first = new_id("ntf", clock)
    clock.advance(0.001)
    second = new_id("ntf", clock)
    assert int(first[4:16], 16) == clock.now() - 1
    assert first < second


def test_all_other_bits_of_an_id_are_random() -> None:
    clock = HandClock()
    ids = [uuid.UUID(hex=new_id("ntf", clock)[4:]).int for _ in range(200)]
    seen_one = seen_zero = 0
    for number in ids:
        seen_one |= number
        seen_zero |= ~number
    fixed = (0xF << 76) | (0x3 << 62)
    random_bits = ((1 << 80) - 1) & ~fixed
    assert seen_one & seen_zero & ((1 << 80) - 1) == random_bits
    assert len(set(ids)) == 200


def test_ids_are_told_from_other_text() -> None:
    made = new_id("ep", HandClock())
    assert is_id("ep", made)
    for other in ("", "ep_", made[:-1], made + "0", made.upper(), made.replace("ep_", "ntf_"), f" {made}", f"{made}\n"):
        assert not is_id("ep", other)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_790_000_000_007, "2026-09-21T14:13:20.007Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(milliseconds: int, text: str) -> None:
    assert rfc3339(milliseconds) == text


def test_the_real_clock_tells_the_time() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time() * 1000) < 1000
    before = clock.monotonic()
    assert clock.monotonic() >= before
    assert 0 <= clock.jitter() < 1


@given(st.lists(st.integers(0, RANDOM_PORTION + 1), max_size=20))
def test_random_bytes_are_as_many_as_asked_for(counts: list[int]) -> None:
    clock = SystemClock()
    assert [len(clock.random_bytes(count)) for count in counts] == counts


def test_random_bytes_are_never_given_out_twice() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: SystemClock().random_bytes(16), range(2_000)))
    assert len(set(drawn)) == len(drawn)


FORK = """
import os
from gatepost.clock import SystemClock
clock = SystemClock()
clock.random_bytes(1)  # the rest of a portion lies ready now
child = os.fork()
os.write(1, clock.random_bytes(16).hex().encode() + b"\\n")  # in one piece: both write into the same pipe
child and os.waitpid(child, 0)
"""


def test_a_forked_process_draws_its_own_random_bytes() -> None:
    run = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True)
    one, other = run.stdout.split()
    assert one != other
