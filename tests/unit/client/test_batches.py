"""How a stream is cut, and which batches may overtake each other."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.client.batches import BATCH_BYTES, BATCH_ITEMS, Batch, Batcher, Tally, Window
from gatepost.client.notifications import NewNotification, Sendable
from gatepost.client.results import BatchAnswer, Problem, Progress, SendResult
from gatepost.errors import GarbledAnswer, TooLarge


def small(number: int = 0) -> NewNotification:
    return NewNotification("orders", "order.paid", {"n": number})


def batches_of(*notifications: Sendable) -> list[Batch]:
    batcher = Batcher()
    batches = [*(batcher.add(notification) for notification in notifications), batcher.rest()]
    return [batch for batch in batches if batch is not None]


def test_a_batch_is_full_at_its_count() -> None:
    batches = batches_of(*(small(number) for number in range(BATCH_ITEMS * 2 + 1)))
    assert [batch.count for batch in batches] == [BATCH_ITEMS, BATCH_ITEMS, 1]
    assert batches[0].lines.count(b"\n") == BATCH_ITEMS - 1
    assert msgspec.json.decode(batches[2].lines)["payload"] == {"n": BATCH_ITEMS * 2}


def test_a_batch_never_grows_beyond_its_bytes() -> None:
    large = NewNotification("orders", "order.paid", "x" * (BATCH_BYTES // 3))
    batches = batches_of(*[large] * 7)
    assert [batch.count for batch in batches] == [2, 2, 2, 1]
    assert all(len(batch.lines) <= BATCH_BYTES for batch in batches)


def test_one_that_fits_in_no_batch_is_named() -> None:
    with pytest.raises(TooLarge, match="notification 1 "):
        batches_of(small(), NewNotification("orders", "order.paid", "x" * BATCH_BYTES))


def test_nothing_makes_no_batch() -> None:
    assert batches_of() == []


def test_mappings_and_raw_json_are_taken_too() -> None:
    (batch,) = batches_of({"topic": "t", "type": "t", "payload": 1}, msgspec.Raw(b'{"topic":"t"}'))
    assert batch.lines == b'{"topic":"t","type":"t","payload":1}\n{"topic":"t"}'


def test_raw_json_over_several_lines_stays_one_item() -> None:
    (batch,) = batches_of(msgspec.Raw(b'{\n  "topic": "t",\n  "payload": 1.10\n}'))
    assert batch.lines == b'{"topic":"t","payload":1.10}'


def test_the_window_holds_no_more_than_its_size() -> None:
    window: Window[int] = Window(2)
    (batch,) = batches_of(small())
    window.add(batch, 1)
    assert not window.blocks(batch)
    window.add(batch, 2)
    assert window.blocks(batch)
    assert window.take() == (batch, 1)
    assert not window.blocks(batch)


def test_ordered_batches_never_overtake_each_other_but_others_may_pass() -> None:
    window: Window[int] = Window(4)
    (ordered,) = batches_of(NewNotification("orders", "order.paid", 1, ordering_key="a"))
    (plain,) = batches_of(small())
    window.add(ordered, 1)
    assert window.blocks(ordered)
    assert not window.blocks(plain)


def test_the_tally_counts_and_reports() -> None:
    reports: list[Progress] = []
    tally = Tally(reports.append)
    refused = SendResult(problem=Problem("invalid-field", 422))
    tally.add(Batch(b"", 2, False), BatchAnswer((SendResult("ntf_1"), refused)))
    tally.add(Batch(b"", 1, False), BatchAnswer((SendResult("ntf_2"),)))
    assert reports == [Progress(1, 1), Progress(2, 1)]


def test_results_that_cannot_belong_to_the_batch_are_an_error() -> None:
    with pytest.raises(GarbledAnswer):
        Tally(None).add(Batch(b"", 2, False), BatchAnswer((SendResult("ntf_1"),)))
