"""Streams: whole, in order and where they belong, or broken."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.seals import stream
from gatepost.crypto.seals.message import KEY_BYTES, context
from gatepost.crypto.seals.stream import CHUNK_BYTES, Kind, SealedStream, SharedKey, seal
from gatepost.errors import InvalidKey, SealBroken, TooLarge

CLOCK = SystemClock()
KEY = SharedKey(bytes(range(KEY_BYTES)))
PLACE = context("backup", "orders")
HEAD_BYTES = 16 + 3 + 32 + 32
BLOCK_BYTES = CHUNK_BYTES + 16
THREE_CHUNKS = b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"end"


def sealed(message: bytes, place: bytes = PLACE) -> bytes:
    return b"".join(seal([message], KEY, place, CLOCK))


def opened(whole: bytes, place: bytes = PLACE) -> bytes:
    return b"".join(SealedStream([whole]).open(KEY, place))


@given(pieces=st.lists(st.binary(max_size=3000)), portion=st.integers(1, 5000), place=st.binary(max_size=50))
def test_what_goes_in_comes_out_however_it_is_cut_into_pieces(pieces: list[bytes], portion: int, place: bytes) -> None:
    whole = b"".join(seal(pieces, KEY, place, CLOCK))
    cut = [whole[at : at + portion] for at in range(0, len(whole), portion)]
    assert b"".join(SealedStream(cut).open(KEY, place)) == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_sizes_around_the_borders_of_chunks(size: int) -> None:
    message = bytes(size)
    whole = sealed(message)
    chunks = max(1, -(-size // CHUNK_BYTES))
    assert len(whole) == HEAD_BYTES + size + 16 * chunks
    assert opened(whole) == message


@given(size=st.integers(0, 100), data=st.data())
def test_one_bit_changed_anywhere_breaks_it(size: int, data: st.DataObject) -> None:
    changed = bytearray(sealed(bytes(size)))
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        opened(bytes(changed))


def pour(pieces: Iterable[bytes], vessel: bytearray) -> None:
    for piece in pieces:
        vessel += piece


@given(data=st.data())
def test_a_bit_changed_in_a_later_chunk_lets_only_the_chunks_before_it_out(data: st.DataObject) -> None:
    changed = bytearray(sealed(THREE_CHUNKS))
    bit = data.draw(st.integers((HEAD_BYTES + BLOCK_BYTES) * 8, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    came = bytearray()
    with pytest.raises(SealBroken):
        pour(SealedStream([bytes(changed)]).open(KEY, PLACE), came)
    assert came == THREE_CHUNKS[: (bit // 8 - HEAD_BYTES) // BLOCK_BYTES * CHUNK_BYTES]


@given(end=st.integers(0, HEAD_BYTES + 2 * BLOCK_BYTES + 18))
def test_cut_off_anywhere_it_is_broken(end: int) -> None:
    with pytest.raises(SealBroken):
        opened(sealed(THREE_CHUNKS)[:end])


@pytest.mark.parametrize("chunks", [1, 2])
def test_cut_off_between_two_chunks_it_says_that_the_end_is_missing(chunks: int) -> None:
    with pytest.raises(SealBroken, match="its end is missing"):
        opened(sealed(THREE_CHUNKS)[: HEAD_BYTES + chunks * BLOCK_BYTES])


def blocks_of(whole: bytes) -> tuple[bytes, list[bytes]]:
    body = whole[HEAD_BYTES:]
    return whole[:HEAD_BYTES], [body[at : at + BLOCK_BYTES] for at in range(0, len(body), BLOCK_BYTES)]


@given(order=st.lists(st.integers(0, 2), max_size=5).filter(lambda order: order != [0, 1, 2]))
def test_chunks_left_out_doubled_or_in_another_order_break_it(order: list[int]) -> None:
    head, blocks = blocks_of(sealed(THREE_CHUNKS))
    with pytest.raises(SealBroken):
        opened(head + b"".join(blocks[number] for number in order))


@given(appended=st.binary(min_size=1, max_size=100))
def test_appended_data_breaks_it(appended: bytes) -> None:
    with pytest.raises(SealBroken):
        opened(sealed(b"42") + appended)


def test_a_chunk_of_another_stream_breaks_it() -> None:
    head, (first, _, last) = blocks_of(sealed(THREE_CHUNKS))
    _, (_, foreign, _) = blocks_of(sealed(THREE_CHUNKS))
    with pytest.raises(SealBroken):
        opened(head + first + foreign + last)


def test_another_key_or_another_place_breaks_it_before_anything_comes_out() -> None:
    whole = sealed(b"42")
    for key, place in ((SharedKey(bytes(32)), PLACE), (KEY, b""), (KEY, context("backup", "invoices"))):
        with pytest.raises(SealBroken):
            next(SealedStream([whole]).open(key, place))


def test_the_border_between_head_and_context_counts() -> None:
    whole = b"".join(seal([b"42"], KEY, b"ab", CLOCK))
    with pytest.raises(SealBroken):
        opened(whole, b"b")


def test_the_same_message_never_looks_the_same() -> None:
    assert len({sealed(b"42")[HEAD_BYTES:] for _ in range(100)}) == 100


class Recipient(SharedKey):
    kind = Kind.RECIPIENT


def test_what_opens_it_is_known_and_another_kind_of_key_is_told_so() -> None:
    for_recipient = SealedStream(seal([b"42"], Recipient(bytes(32)), PLACE, CLOCK))
    assert for_recipient.kind is Kind.RECIPIENT
    with pytest.raises(SealBroken, match="the private key of its recipient opens it, not a shared key"):
        next(for_recipient.open(KEY, PLACE))


@pytest.mark.parametrize("whole", [b"", b"gatepost seal 1\n", b"gatepost seal 2\n" + bytes(100), b"plain text " * 20])
def test_what_is_no_sealed_stream_is_told_so(whole: bytes) -> None:
    with pytest.raises(SealBroken, match="no sealed stream"):
        SealedStream([whole])


def test_a_detail_that_is_too_long_is_not_read() -> None:
    with pytest.raises(SealBroken):
        SealedStream([stream.MAGIC + bytes([Kind.RECIPIENT]) + b"\xff\xff" + bytes(70_000)])


def test_memory_stays_the_same_for_any_size() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(512):
            yield bytes(CHUNK_BYTES)

    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in SealedStream(seal(pieces(), KEY, PLACE, CLOCK)).open(KEY, PLACE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 512 * CHUNK_BYTES
    assert peak < 20 * CHUNK_BYTES


def test_no_chunk_is_sealed_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_CHUNKS", 2)
    with pytest.raises(TooLarge):
        sealed(THREE_CHUNKS)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidKey, match="32 bytes"):
        SharedKey(b"short")
