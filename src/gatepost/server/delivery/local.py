"""The engine in the service's own process: takes what is accepted straight from memory, and what is due from the store.

The store is the truth: whatever is in memory here is in the store as being sent, and is due again after a crash.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from gatepost.clock import Clock, new_id
from gatepost.errors import GatepostError, Internal, Unavailable
from gatepost.notify import order, retry
from gatepost.notify.delivery import Attempt, Delivery, Finished, Outcome, State, webhook_body
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Notification
from gatepost.notify.store import NotificationStore, Planned
from gatepost.server.delivery.lane import FOOTHOLD_BYTES, Lane
from gatepost.server.delivery.outcomes import Outcomes

TICK_S = 0.1
"""How often all lanes are looked at for what has become due: a delivery starts at most this late."""

MEMORY_BYTES = 64 * 1024 * 1024
"""Bytes of payloads that all lanes together keep in memory."""

CONGESTION_PAUSE_MS = 100
"""Wait of a lane that got no connection because all are taken."""

_log = logging.getLogger(__name__)


class Channel(Protocol):
    """A way out; never raises for what the other side does."""

    async def send(self, endpoint: Endpoint, message_id: str, body: bytes, keys: tuple[str, ...]) -> Outcome: ...

    def forget(self, endpoint: str) -> None: ...


Judge = Callable[[Endpoint, Outcome, bool], Awaitable[None]]
"""Told of each outcome that may change the health of its endpoint, and whether the endpoint must be disabled."""


class LocalEngine:
    """Delivers."""

    def __init__(self, store: NotificationStore, channel: Channel, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._judge: Judge | None = None
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes = Outcomes(store, self._run, self._expect)
        self._ticker: asyncio.Task[None] | None = None
        self._running_low = asyncio.Event()
        self._bytes = 0
        self._stopping = False

    # What the rest of the service calls

    async def start(self, endpoints: Iterable[Endpoint], judge: Judge) -> None:
        """Goes on where the last process ended. `judge` is told of every failure and every recovery of an endpoint."""
        self._judge = judge
        for endpoint in endpoints:
            self.put(endpoint)
        for (tenant, endpoint_id), due_at in (await self._store.next_due()).items():
            if endpoint_id in self._lanes:
                self._lanes[endpoint_id].due_at(due_at)
            else:  # the last process ended between deleting this endpoint and cancelling what was on its way to it
                await self._store.clear_endpoint(tenant, endpoint_id)
        self._ticker = asyncio.create_task(self._tick())

    async def drain(self, timeout: float) -> None:
        """Starts nothing more, lets what is in flight finish for `timeout` seconds, and writes it all down."""
        self._stopping = True
        if self._ticker is not None:
            self._ticker.cancel()
        deadline = self._clock.monotonic() + timeout
        while self._tasks and (left := deadline - self._clock.monotonic()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        unfinished = list(self._tasks)
        for task in unfinished:
            task.cancel()  # what it was sending stays open in the store and is sent again after the next start
        await asyncio.gather(*unfinished, return_exceptions=True)
        if self._outcomes:
            await self._outcomes.write_last()

    def put(self, endpoint: Endpoint) -> None:
        """Adds an endpoint, or takes over what changed about it."""
        lane = self._lanes.get(endpoint.id)
        if lane is None:
            self._lanes[endpoint.id] = lane = Lane(endpoint)
        elif lane.endpoint.url != endpoint.url:
            self._channel.forget(endpoint.id)
        resumed = lane.endpoint.state != "active" and endpoint.state == "active"
        lane.endpoint = endpoint
        if resumed:
            lane.more, lane.paused_until, lane.slow_downs = True, 0, 0
        self._pump(lane)

    async def remove(self, endpoint: Endpoint) -> None:
        """Lets an endpoint go and cancels what was to be sent to it."""
        lane = self._lanes.pop(endpoint.id, None)
        self._channel.forget(endpoint.id)
        if lane is not None:
            self._outcomes.add(
                [_closed(delivery, State.CANCELLED, self._clock.now()) for delivery in self._taken(lane)]
            )
        await self._store.clear_endpoint(endpoint.tenant, endpoint.id)

    def reserve(self, endpoint: Endpoint, size: int, now: int, key: str | None = None) -> bool:
        """Whether the engine takes over a delivery of `size` bytes, in the order of `key`, as soon as it is on disk."""
        lane = self._lanes[endpoint.id]
        if key is not None and not lane.has_line_for(key):
            return False
        fits = self._bytes + size <= MEMORY_BYTES or lane.bytes + size <= FOOTHOLD_BYTES
        if self._stopping or not fits or not lane.reserve(size, now):
            lane.more = True
            return False
        self._bytes += size
        return True

    def release(self, planned: Planned) -> None:
        """Gives back the places of a notification that was not accepted after all."""
        self._give_back(planned.notification, planned.now)

    def hand_over(self, planned: Planned) -> None:
        """Takes a notification that is on disk now."""
        notification = planned.notification
        if notification.collapse_key is not None:
            self._supersede(planned)
        for endpoint in planned.now:
            delivery = Delivery(notification, endpoint, key=notification.ordering_key)
            lane = self._lanes.get(endpoint)
            if lane is None:
                self._forget_bytes(endpoint, notification)
                self._outcomes.add([_closed(delivery, State.CANCELLED, self._clock.now())])
                continue
            lane.reserved -= 1
            lane.enqueue(delivery)
            self._pump(lane)
        self._give_back(notification, planned.held)
        for endpoint in planned.later:
            self._later(endpoint, planned.due_at)

    def _supersede(self, planned: Planned) -> None:
        """Lets go of what a newer notification supersedes here. The store did so with what waits there."""
        newer, closed = planned.notification, []
        endpoints = (*planned.now, *planned.later, *planned.held)
        for lane in [self._lanes[each] for each in endpoints if each in self._lanes]:
            lane.due_at(newer.accepted_at)  # what was held behind a superseded one may be due now
            closed += lane.supersede(newer)
        for delivery in closed:
            self._forget_bytes(delivery.endpoint, delivery.notification)
        self._outcomes.add([_closed(delivery, State.SUPERSEDED, newer.accepted_at) for delivery in closed])

    def _give_back(self, notification: Notification, endpoints: Iterable[str]) -> None:
        """Gives up the places that were reserved for a notification."""
        for endpoint in endpoints:
            self._forget_bytes(endpoint, notification)
            if endpoint in self._lanes:
                self._lanes[endpoint].reserved -= 1

    @contextmanager
    def withdrawn(self, notification: str, endpoints: Iterable[str]) -> Iterator[list[str]]:
        """Takes a notification back that was not sent yet, unless what follows fails; gives the endpoints concerned."""
        withdrawn = []
        for lane in (self._lanes[endpoint] for endpoint in endpoints if endpoint in self._lanes):
            withdrawn += lane.withdraw(notification)
        for delivery in withdrawn:
            self._forget_bytes(delivery.endpoint, delivery.notification)
        try:
            yield [delivery.endpoint for delivery in withdrawn]
        except BaseException:
            self._take(withdrawn)
            raise

    def wake(self, endpoint: str, due_at: int) -> None:
        """Notes that the store holds something for an endpoint that is due at `due_at`."""
        self._later(endpoint, due_at)

    # Sending

    def _later(self, endpoint: str, due_at: int) -> None:
        if endpoint in self._lanes:
            self._lanes[endpoint].due_at(due_at)

    def _pump(self, lane: Lane) -> None:
        """Starts as many senders as the lane may have; each goes on until the queue is empty."""
        now = self._clock.now()
        idle = lane.queued
        while idle > 0 and lane.ready(now) and lane.sending < lane.allowed and not self._stopping:
            lane.sending += 1
            idle -= 1
            self._run(self._send_all(lane))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, lane: Lane) -> None:
        try:
            while self._may_go_on(lane):
                delivery = lane.take()
                self._forget_bytes(delivery.endpoint, delivery.notification)
                if lane.runs_low(self._clock.now()):
                    self._running_low.set()
                await self._send(lane, delivery)
        finally:
            lane.sending -= 1

    def _may_go_on(self, lane: Lane) -> bool:
        """Whether a sender takes the next delivery; it ends when fewer are allowed than are running."""
        return (
            lane.ready(self._clock.now())
            and lane.sending <= lane.allowed
            and not self._outcomes.too_many
            and not self._stopping
        )

    async def _send(self, lane: Lane, delivery: Delivery) -> None:
        started = self._clock.now()
        notification, endpoint = delivery.notification, lane.endpoint
        if notification.expires_at is not None and started >= notification.expires_at:
            self._outcomes.add([_closed(delivery, State.EXPIRED, started)])
            self._advance(lane, delivery)
            return
        await self._settle(lane, delivery, await self._attempt(endpoint, notification, started), started)

    async def _attempt(self, endpoint: Endpoint, notification: Notification, started: int) -> Outcome:
        keys = endpoint.signing_keys(started)
        try:
            return await self._channel.send(endpoint, notification.id, webhook_body(notification), keys)
        except Exception:  # noqa: BLE001 - a defect must not strand the delivery until the next start
            _log.exception("the channel failed to send %s", notification.id)
            return Outcome(None, Internal.code, b"", None, self._clock.now() - started)

    async def _settle(self, lane: Lane, delivery: Delivery, outcome: Outcome, started: int) -> None:
        """Decides what follows from an attempt, and writes it down."""
        now = self._clock.now()
        if outcome.error == Unavailable.code:
            self._put_back(lane, delivery, now)
            return
        delivery.attempts += 1
        lane.allowance.learn(outcome, started, now, lane.endpoint.concurrency)
        schedule = lane.endpoint.retry or retry.DEFAULT_SCHEDULE
        verdict = retry.decide(outcome, delivery.attempts, schedule, now, self._clock.jitter(), lane.slow_downs)
        if delivery.key is not None:
            verdict = order.judge(verdict, delivery.attempts, lane.endpoint.on_stuck, lane.endpoint.park_after)
        if verdict.pause_s:
            lane.pause(now, verdict.pause_s)
        elif outcome.succeeded:
            lane.slow_downs = 0
        given_up = verdict.state is State.WAITING and delivery.endpoint not in self._lanes
        state = State.CANCELLED if given_up else verdict.state  # nobody would ever claim it: the endpoint was deleted
        made = self._attempted(outcome, started)
        self._outcomes.add([Finished(delivery, state, verdict.due_at or now, made, verdict.out_of_order)])
        if state is not State.WAITING or verdict.out_of_order:
            self._advance(lane, delivery)
        if self._judge is not None and not (outcome.succeeded and lane.endpoint.failing_since is None):
            await self._judge(lane.endpoint, outcome, verdict.disable)

    def _advance(self, lane: Lane, delivery: Delivery) -> None:
        """Lets the next of the same ordering key have its turn."""
        if delivery.key is not None:
            lane.advance(delivery.key)

    def _attempted(self, outcome: Outcome, started: int) -> Attempt:
        return Attempt(
            id=new_id("att", self._clock),
            at=started,
            duration_ms=outcome.duration_ms,
            status=outcome.status,
            error=outcome.error,
            answer=outcome.answer,
            detail=outcome.detail,
        )

    def _put_back(self, lane: Lane, delivery: Delivery, now: int) -> None:
        """Nothing was sent, for want of a connection of our own: no attempt, and not the endpoint's fault."""
        if delivery.endpoint not in self._lanes:
            self._outcomes.add([_closed(delivery, State.CANCELLED, now)])
            return
        size = len(delivery.notification.payload)
        self._bytes += size
        lane.bytes += size
        lane.queue.appendleft(delivery)
        lane.paused_until = max(lane.paused_until, now + CONGESTION_PAUSE_MS)

    # What was written down

    def _expect(self, steps: Sequence[Finished], freed: Iterable[str]) -> None:
        """Notes when deliveries are due again: only once the store can find them, or the claim would come too early."""
        for step in steps:
            if step.state is State.WAITING:
                self._later(step.delivery.endpoint, step.due_at)
                self._leave_behind(step)
        for endpoint in freed:
            self._later(endpoint, self._clock.now())

    def _leave_behind(self, step: Finished) -> None:
        """Forgets what waited in memory behind one that waits in the store now: there it is held too.

        Not any earlier: what was accepted before that was written has come here only now.
        """
        delivery, lane = step.delivery, self._lanes.get(step.delivery.endpoint)
        if lane is not None and delivery.key is not None and not step.out_of_order:
            for left in lane.clear_line(delivery.key):
                self._forget_bytes(left.endpoint, left.notification)

    # Waking up

    async def _tick(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._running_low.wait()
            self._running_low.clear()
            try:
                await self._look()
            except GatepostError as error:
                _log.warning("due deliveries cannot be claimed now: %s", error.detail)
                await asyncio.sleep(TICK_S)
            except Exception:  # noqa: BLE001 - a defect of one round must not end all delivery
                _log.exception("the delivery engine stumbled; it goes on")
                await asyncio.sleep(TICK_S)

    async def _look(self) -> None:
        """Claims what is due for every lane with room, in one set, and starts the senders."""
        now = self._clock.now()
        wanting = []
        for lane in self._lanes.values():
            if lane.wants_claim(now):
                wanting.append(lane)
            self._pump(lane)
        if wanting and not self._outcomes.too_many:
            await self._claim(wanting, now)

    async def _claim(self, lanes: list[Lane], now: int) -> None:
        share = (MEMORY_BYTES - self._bytes) // len(lanes)
        claims = [lane.claim(share) for lane in lanes]
        overflowed = {lane for lane in lanes if lane.more}
        for lane in lanes:
            lane.claiming, lane.more, lane.wake_at = True, False, None
        try:
            claimed = await self._store.claim(claims, now)
        except BaseException:
            for lane in lanes:
                lane.due_at(now)
            for lane in overflowed:
                lane.more = True
            raise
        finally:
            for lane in lanes:
                lane.claiming = False
        self._take(claimed)
        due = await self._store.next_due_of([(lane.endpoint.tenant, lane.endpoint.id) for lane in lanes])
        for lane in lanes:
            first = due.get(lane.endpoint.id)
            if first is not None:
                lane.more = lane.more or (first <= now and lane in overflowed)
                lane.due_at(first)
            self._pump(lane)

    def _take(self, claimed: list[Delivery]) -> None:
        for delivery in claimed:
            lane = self._lanes.get(delivery.endpoint)
            if lane is None:
                self._outcomes.add([_closed(delivery, State.CANCELLED, self._clock.now())])
                continue
            self._bytes += len(delivery.notification.payload)
            lane.bytes += len(delivery.notification.payload)
            lane.enqueue(delivery)

    def _taken(self, lane: Lane) -> list[Delivery]:
        deliveries = lane.empty()
        for delivery in deliveries:
            self._forget_bytes(delivery.endpoint, delivery.notification)
        return deliveries

    def _forget_bytes(self, endpoint: str, notification: Notification) -> None:
        self._bytes -= len(notification.payload)
        if endpoint in self._lanes:
            self._lanes[endpoint].bytes -= len(notification.payload)


def _closed(delivery: Delivery, state: State, now: int) -> Finished:
    """A step without an attempt."""
    return Finished(delivery, state, now)
