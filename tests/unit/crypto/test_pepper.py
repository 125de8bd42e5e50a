from __future__ import annotations

import pytest

from gatepost.crypto.digests import keyed_digest
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidSetting
from tests.unit.clocks import HandClock

ONE, TWO = b"\x01" * 32, b"\x02" * 32


def test_the_newest_digests_and_all_are_tried_newest_first() -> None:
    ring = PepperRing([(1, Secret(ONE)), (2, Secret(TWO))])
    assert ring.digest(b"key") == (2, keyed_digest(TWO, b"key"))
    assert ring.digests(b"key") == [(2, keyed_digest(TWO, b"key")), (1, keyed_digest(ONE, b"key"))]


def test_what_was_digested_before_a_rotation_is_still_found_after_it() -> None:
    clock = HandClock()
    before = PepperRing.new(clock)
    after = before.rotated(clock)
    assert before.digest(b"key") in after.digests(b"key")
    assert after.digest(b"key")[0] == 2
    assert before.digests(b"key") != after.digests(b"key")


def test_the_text_form_keeps_everything() -> None:
    ring = PepperRing.new(HandClock()).rotated(HandClock(1)).rotated(HandClock(2))
    text = ring.dumps()
    assert [line.split(":")[0] for line in text.splitlines()] == ["v1", "v2", "v3"]
    assert PepperRing.loads(text).digests(b"key") == ring.digests(b"key")
    assert PepperRing.loads("\n" + text.replace("\n", "\r\n\r\n")).dumps() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        ONE.hex(),
        f"v1:{ONE.hex()[:-2]}",
        f"v1:{ONE.hex()}00",
        f"v1:{ONE.hex().replace('1', 'x')}",
        f"v0:{ONE.hex()}",
        f"v01:{ONE.hex()}",
        f"v1:{ONE.hex()}\nv1:{TWO.hex()}",
        f"v1:{ONE.hex()}\nsomething else",
        f"v1 {ONE.hex()}",
    ],
)
def test_a_damaged_text_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        PepperRing.loads(text)
    assert "01" * 8 not in str(refused.value)


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(InvalidSetting):
        PepperRing([(1, Secret(b"short"))])


def test_printing_a_ring_shows_versions_only() -> None:
    assert repr(PepperRing([(1, Secret(ONE)), (2, Secret(TWO))])) == "PepperRing(versions=[1, 2])"
