"""Runs in a network namespace of its own: hostile names, a public receiver, a canary on loopback, and our channel.

`python -m tests.e2e.address_guard_scene LOOP` sends webhooks to every name on that event loop, and prints as JSON
what became of them and who was connected to. The namespace must hold PUBLIC and DEAD on its own loopback interface,
and resolve names by a server on LOOPBACK, which this starts.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer
from msgspec import Struct

from gatepost.clock import SystemClock
from gatepost.crypto.webhook_signatures import new_hmac_key
from gatepost.guard.egress import EgressRules
from gatepost.net.connector import Connector
from gatepost.net.http1 import Limits
from gatepost.outbound.webhook import WebhookChannel
from tests.unit.net.receivers import OK, Receiver, always, hangs, receiver

PUBLIC = "8.8.8.8"
DEAD = "9.9.9.9"
"""Public too, but nobody listens there."""

LOOPBACK = "127.0.0.1"
SENDS = 6
LIMITS = Limits(connect_s=5, read_s=5, total_s=5)

ZONE: dict[str, list[list[Any]]] = {
    "honest.test": [[A(PUBLIC)]],
    "rebinding.test": [[A(PUBLIC)], [A(LOOPBACK)]],
    "kept.test": [[A(PUBLIC)], [A(LOOPBACK)]],
    "mixed.test": [[A(PUBLIC), A(LOOPBACK)], [A(LOOPBACK), A(PUBLIC)]],
    "half-dead.test": [[A(DEAD), A(LOOPBACK)], [A(LOOPBACK), A(DEAD)]],
    "both-families.test": [[A(PUBLIC), AAAA("::1")]],
    "loopback.test": [[A(LOOPBACK)]],
    "unspecified.test": [[A("0.0.0.0")]],
    "metadata.test": [[A("169.254.169.254")]],
    "private.test": [[A("10.0.0.1")]],
    "loopback6.test": [[AAAA("::1")]],
    "mapped.test": [[AAAA("::ffff:7f00:1")]],
}
"""For each name the answers that take turns, one for each time it is resolved."""


class NameServer(BaseResolver):  # type: ignore[misc]
    """Answers by ZONE, with a time to live of 0, and counts how often each name was resolved."""

    def __init__(self) -> None:
        self.resolved: Counter[str] = Counter()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        name, kind = str(request.q.qname).removesuffix("."), QTYPE[request.q.qtype]
        reply = request.reply()
        answers = ZONE.get(name)
        if answers is None:
            reply.header.rcode = RCODE.NXDOMAIN
            return reply
        for address in answers[self.resolved[name] % len(answers)]:
            if type(address).__name__ == kind:
                reply.add_answer(RR(name, request.q.qtype, rdata=address, ttl=0))
        self.resolved[name] += kind == "AAAA"  # asked after A, so both see the same turn
        return reply


class Endpoint(Struct, frozen=True):
    url: str
    id: str = "ep_1"
    tenant: str = "ten_1"


class Scene:
    """The channel under test, with the rules that a service has by default."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.channel = WebhookChannel(Connector(EgressRules()), SystemClock(), LIMITS)
        self.keys = (new_hmac_key(SystemClock()),)

    async def send(self, url: str, reconnecting: bool = True) -> dict[str, int]:
        """What a few webhooks to the same place come to: how many had which status or error."""
        results: Counter[str] = Counter()
        for number in range(SENDS):
            outcome = await self.channel.send(Endpoint(url), f"ntf_{number}", b"{}", self.keys)
            results[str(outcome.status or outcome.error)] += 1
            if reconnecting:
                self.channel.forget("ep_1")
        self.channel.forget("ep_1")
        return dict(results)

    async def send_everywhere(self, redirecting_port: int) -> dict[str, dict[str, int]]:
        results = {}
        for name in [*ZONE, "unknown.test"]:
            results[name] = await self.send(f"http://{name}:{self.port}/", reconnecting=name != "kept.test")
        results["redirect"] = await self.send(f"http://{PUBLIC}:{redirecting_port}/")
        for literal in (LOOPBACK, "localhost", "[::1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "0.0.0.0"):
            results[literal] = await self.send(f"http://{literal}:{self.port}/")
        return results


async def touches(canary: Receiver, host: str) -> int:
    """Connects without any guard, to show that the canary would have noticed."""
    _, writer = await asyncio.open_connection(host, canary.port)
    await canary.met()
    writer.close()
    await writer.wait_closed()
    return canary.connections


async def play() -> dict[str, Any]:
    names = NameServer()
    server = DNSServer(names, address=LOOPBACK, port=53, logger=DNSLogger(logf=lambda message: None))
    server.start_thread()
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(receiver(always(OK), host=PUBLIC))
        canaries = [
            await stack.enter_async_context(receiver(hangs, host=host, port=public.port)) for host in (LOOPBACK, "::1")
        ]
        to_canary = f"HTTP/1.1 302 Found\r\nlocation: http://{LOOPBACK}:{public.port}/\r\ncontent-length: 0\r\n\r\n"
        redirecting = await stack.enter_async_context(receiver(always(to_canary.encode()), host=PUBLIC))
        scene = Scene(public.port)
        results = await scene.send_everywhere(redirecting.port)
        await scene.channel.aclose()
        return {
            "results": results,
            "delivered": len(public.requests),
            "resolved": names.resolved,
            "canaries": [canary.connections for canary in canaries],
            "canaries_work": [await touches(canaries[0], LOOPBACK), await touches(canaries[1], "::1")],
        }


if __name__ == "__main__":
    run = uvloop.run if sys.argv[1] == "uvloop" else asyncio.run
    print(json.dumps(run(play())))
