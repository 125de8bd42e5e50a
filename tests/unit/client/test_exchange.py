"""The decisions of one call, driven by hand: no network, no waiting."""

from __future__ import annotations

from typing import TypeVar

import pytest

from gatepost.client import calls
from gatepost.client.exchange import IDEMPOTENCY_KEY, Retries, exchange
from gatepost.client.results import Accepted
from gatepost.client.wire import Answer, Call, Request, Steps
from gatepost.errors import ConnectFailed, DeliveryFailed, DeliveryTimeout, GarbledAnswer, ServiceError
from tests.unit.clocks import HandClock

T = TypeVar("T")

ACCEPTED = Answer(202, {}, b'{"id":"ntf_1","durability":"group","deliveries":2}')
RETRIES = Retries(attempts=3, first_wait=1.0, max_wait=10.0)


def problem(status: int, code: str, **headers: str) -> Answer:
    body = f'{{"type":"/problems/{code}","code":"{code}","status":{status},"title":"T","detail":"because"}}'
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())


def start(call: Call[T], clock: HandClock | None = None) -> tuple[Steps[T], Request]:
    steps = exchange(call, RETRIES, clock or HandClock())
    return steps, next(steps)


def finish(steps: Steps[T], answer: Answer) -> T:
    with pytest.raises(StopIteration) as done:
        steps.send(answer)
    result: T = done.value.value
    return result


def idempotency_key(request: Request) -> str:
    return dict(request.headers)[IDEMPOTENCY_KEY]


def test_the_first_request_waits_for_nothing_and_its_answer_is_the_result() -> None:
    steps, request = start(calls.send("orders", "order.paid", {"n": 1}))
    assert (request.method, request.path, request.delay) == ("POST", "/v1/notifications", 0.0)
    assert request.body == b'{"topic":"orders","type":"order.paid","payload":{"n":1}}'
    assert finish(steps, ACCEPTED) == Accepted("ntf_1", "group", 2)


def test_every_try_carries_the_same_idempotency_key() -> None:
    steps, first = start(calls.send("orders", "order.paid", {}))
    second = steps.throw(DeliveryTimeout("too long"))
    assert idempotency_key(first) == idempotency_key(second)
    assert idempotency_key(first).startswith("idem_")


def test_an_idempotency_key_of_the_caller_is_kept() -> None:
    _, request = start(calls.send("orders", "order.paid", {}, idempotency_key="mine"))
    assert idempotency_key(request) == "mine"


def test_waits_double_and_jitter_shortens_them_by_half_at_most() -> None:
    retries = Retries(first_wait=1.0, max_wait=6.0)
    assert [retries.wait(attempt, 0.0) for attempt in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 6.0]
    assert retries.wait(2, 0.999) > 1.0


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_again(status: int) -> None:
    steps, _ = start(calls.me())
    again = steps.send(problem(status, "unavailable"))
    assert again.delay == 1.0


def test_retry_after_is_honoured() -> None:
    steps, _ = start(calls.me())
    assert steps.send(problem(503, "unavailable", retry_after="7")).delay == 7.0


def test_a_wait_beyond_the_bound_fails_at_once_and_says_how_long() -> None:
    steps, _ = start(calls.me())
    with pytest.raises(ServiceError) as caught:
        steps.send(problem(429, "quota-exceeded", retry_after="3600"))
    assert caught.value.retry_after == 3600


def test_tries_are_bounded_and_the_last_refusal_is_the_error() -> None:
    steps, _ = start(calls.me())
    steps.send(problem(503, "unavailable"))
    steps.send(problem(503, "unavailable"))
    with pytest.raises(ServiceError) as caught:
        steps.send(problem(503, "backlog-full"))
    assert (caught.value.status, caught.value.problem_code, caught.value.detail) == (503, "backlog-full", "because")


def test_tries_are_bounded_when_nothing_answers() -> None:
    steps, _ = start(calls.me())
    steps.throw(ConnectFailed("refused"))
    steps.throw(ConnectFailed("refused"))
    with pytest.raises(ConnectFailed):
        steps.throw(ConnectFailed("refused"))


@pytest.mark.parametrize("failure", [DeliveryTimeout("late"), DeliveryFailed("broke"), GarbledAnswer("what")])
def test_a_call_that_must_not_run_twice_is_repeated_only_when_it_never_left(failure: DeliveryFailed) -> None:
    steps, _ = start(calls.create_key("ci", scopes=["notifications:send"]))
    steps.throw(ConnectFailed("refused"))
    with pytest.raises(type(failure)):
        steps.throw(failure)


def test_a_proxy_that_cannot_say_ends_a_call_that_must_not_run_twice() -> None:
    steps, _ = start(calls.create_endpoint("https://example.org/hook"))
    with pytest.raises(ServiceError) as caught:
        steps.send(Answer(502, {}, b"<html>bad gateway</html>"))
    assert (caught.value.status, caught.value.problem_code) == (502, "unknown")


def test_a_first_try_that_still_runs_over_there_is_waited_for() -> None:
    steps, _ = start(calls.send("orders", "order.paid", {}))
    assert steps.send(problem(409, "idempotency-running")).delay == 1.0
    assert finish(steps, ACCEPTED).id == "ntf_1"


def test_other_conflicts_are_final() -> None:
    steps, _ = start(calls.send("orders", "order.paid", {}, id="o-1"))
    with pytest.raises(ServiceError) as caught:
        steps.send(problem(409, "id-conflict"))
    assert caught.value.problem_code == "id-conflict"


def test_fields_that_are_wrong_are_named() -> None:
    steps, _ = start(calls.me())
    body = b'{"code":"invalid-field","status":422,"detail":"no","errors":[{"detail":"too long","pointer":"/topic"}]}'
    with pytest.raises(ServiceError) as caught:
        steps.send(Answer(422, {}, body))
    assert [(error.detail, error.pointer) for error in caught.value.errors] == [("too long", "/topic")]


def test_a_success_that_does_not_read_is_garbled() -> None:
    steps, _ = start(calls.me())
    with pytest.raises(GarbledAnswer):
        steps.send(Answer(200, {}, b'{"tenant": 7}'))
