"""The peers as their users run them, on the same notification, load generator and receiver.

They do less than Gatepost: no API key, no limit, no signature, no history, and a Redis that keeps nothing on disk.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

from benchmarks.built import program
from benchmarks.peer_environments import PEERS, node_peer, python_peer
from gatepost.cli.loadtest.load import ANSWER_LIMIT_S, Plan, Report
from gatepost.cli.loadtest.measure import Measured, ReceiverProcess, load, measure, warm_up
from gatepost.cli.loadtest.notifications import NUMBER_DIGITS, notification
from gatepost.cli.loadtest.processes import Process, answering, free_port, running, wait_for
from gatepost.cli.loadtest.rows import Row
from gatepost.cli.loadtest.service import MAX_NOTIFICATIONS
from gatepost.clock import Clock

WORKERS = 2
"""Worker processes of each peer: as many as the cores that the project measures on."""


def flask_celery(scratch: Path, receiving: ReceiverProcess, seconds: float, clock: Clock) -> Measured:
    """gunicorn with 2 x 8 threads, Celery with 2 forked workers."""
    port = free_port()
    celery = f"celery --app tasks worker --pool prefork --concurrency {WORKERS} --loglevel WARNING"
    celery += " --without-gossip --without-mingle --without-heartbeat"
    gunicorn = f"gunicorn --workers {WORKERS} --worker-class gthread --threads 8 --bind 127.0.0.1:{port}"
    gunicorn += " --no-control-socket app:app"  # which would be made in the home directory
    with _web_peer("flask_celery", gunicorn, celery, port, scratch, receiving, clock):
        return _measure_front(port, receiving, seconds, clock)


def fastapi_taskiq(scratch: Path, receiving: ReceiverProcess, seconds: float, clock: Clock) -> Measured:
    """uvicorn with one worker, taskiq with 2 processes of 100 tasks at once."""
    port = free_port()
    uvicorn = f"uvicorn --port {port} --log-level warning app:app"
    taskiq = f"taskiq worker --workers {WORKERS} --max-async-tasks 100 --log-level WARNING tasks:broker"
    with _web_peer("fastapi_taskiq", uvicorn, taskiq, port, scratch, receiving, clock):
        return _measure_front(port, receiving, seconds, clock)


def bullmq(scratch: Path, receiving: ReceiverProcess, seconds: float, clock: Clock) -> Measured:
    """The queue alone, no HTTP in front: bulk insertion, 2 worker processes of 100 jobs at once."""
    place = node_peer("bullmq")
    with _redis(scratch, clock) as redis_port:
        worker = [program("node"), str(place / "worker.js"), str(redis_port), str(receiving.port)]
        logs = [scratch / f"worker-{number}.log" for number in range(WORKERS)]
        with running(worker, logs[0]) as first, running(worker, logs[1]) as second:
            for process, log in zip((first, second), logs, strict=True):
                wait_for(process, lambda log=log: log.read_text() or None, log, clock)  # type: ignore[misc]
            return measure(lambda: _produce(place, redis_port, seconds), receiving, clock)


class Peer(Row, frozen=True, kw_only=True):
    """A row of somebody else's. `prepare` installs it or raises `Missing`; the versions of `parts` are told."""

    prepare: Callable[[], object]
    parts: tuple[str, ...]


PEER_ROWS = (
    Peer(
        name="flask_celery",
        title="Flask + Celery + Redis + requests",
        measure=flask_celery,
        expected_per_s=250,
        prepare=lambda: (program("redis-server"), python_peer("flask_celery")),
        parts=("flask", "gunicorn", "celery", "kombu", "requests", "redis", "hiredis"),
    ),
    Peer(
        name="fastapi_taskiq",
        title="FastAPI + taskiq + Redis + aiohttp",
        measure=fastapi_taskiq,
        prepare=lambda: (program("redis-server"), python_peer("fastapi_taskiq")),
        parts=("fastapi", "pydantic", "uvicorn", "uvloop", "taskiq", "taskiq-redis", "aiohttp", "redis", "hiredis"),
    ),
    Peer(
        name="bullmq",
        title="BullMQ, queue part only",
        measure=bullmq,
        prepare=lambda: (program("redis-server"), program("node"), node_peer("bullmq")),
        parts=("bullmq", "ioredis"),
    ),
)


@contextmanager
def _redis(scratch: Path, clock: Clock) -> Iterator[int]:
    """A Redis of its own that writes nothing to disk: the peers' best case."""
    port, log = free_port(), scratch / "redis.log"
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(scratch)]
    with running([*command, "--save", "", "--appendonly", "no"], log) as process:
        yield wait_for(process, lambda: answering(port), log, clock)


@contextmanager
def _web_peer(
    name: str, front: str, workers: str, port: int, scratch: Path, receiving: ReceiverProcess, clock: Clock
) -> Iterator[None]:
    """A Redis, the workers, and the server in front, once that listens; the commands are programs of the peer."""
    programs, front_log = python_peer(name), scratch / "front.log"
    with _redis(scratch, clock) as redis_port:
        environment = {
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "RECEIVER_URL": f"http://127.0.0.1:{receiving.port}/hook",
        }

        def start(command: str, log: Path) -> AbstractContextManager[Process]:
            program_name, *arguments = command.split()
            return running([programs / program_name, *arguments], log, directory=PEERS / name, environment=environment)

        with start(workers, scratch / "workers.log"), start(front, front_log) as serving:
            wait_for(serving, lambda: answering(port), front_log, clock)
            yield


def _measure_front(port: int, receiving: ReceiverProcess, seconds: float, clock: Clock) -> Measured:
    plan = Plan(port=port, path="/notifications", seconds=seconds, count=MAX_NOTIFICATIONS)
    rest = warm_up(plan, receiving, clock)
    return measure(lambda: load(rest), receiving, clock)


def _produce(place: Path, redis_port: int, seconds: float) -> Report:
    number = "0" * NUMBER_DIGITS
    plan = {"redis_port": redis_port, "seconds": seconds, "template": notification(0).decode(), "number": number}
    done = subprocess.run(
        [program("node"), place / "producer.js"],
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        timeout=seconds + ANSWER_LIMIT_S,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Report)
