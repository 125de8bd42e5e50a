"""The hub: who gets what, together and in order."""

from __future__ import annotations

from gatepost.server.streams.hub import HEARTBEAT_S
from tests.unit.server.streams.scene import OTHER_TENANT, Scene, events, received, turns


async def test_a_topic_reaches_those_who_listen_to_it_and_nobody_else(scene: Scene) -> None:
    _, exact = scene.listen("orders.eu")
    _, pattern = scene.listen("orders.*")
    _, both = scene.listen("orders.eu", "orders.us")
    _, other = scene.listen("invoices")
    for topic in ("orders.eu", "orders.us", "orders"):
        await scene.accept(topic)
    await turns()
    assert (received(exact), received(pattern), received(both), received(other)) == ([1], [1, 2], [1, 2], [])


async def test_another_tenant_hears_nothing(scene: Scene) -> None:
    _, stranger = scene.listen("*", tenant=OTHER_TENANT)
    await scene.accept()
    await turns()
    assert received(stranger) == []


async def test_own_topics_are_heard_only_by_those_who_name_them(scene: Scene) -> None:
    _, everything = scene.listen("*")
    _, named = scene.listen("gatepost.*")
    _, exact = scene.listen("gatepost.endpoint")
    await scene.accept("gatepost.endpoint")
    await turns()
    assert (received(everything), received(named), received(exact)) == ([], [1], [1])


async def test_what_comes_in_one_turn_is_written_at_once(scene: Scene) -> None:
    _, tape = scene.listen()
    before = tape.writes
    for _ in range(5):
        scene.hub.publish(await scene.accept())
    await turns()
    assert len(received(tape)) == 10
    one = await scene.accept()
    for _ in range(100):
        scene.hub.publish(one)
    before = tape.writes
    await turns()
    assert tape.writes == before + 1


async def test_who_joins_between_an_event_and_its_writing_does_not_get_it_twice(scene: Scene) -> None:
    _, first = scene.listen()
    await scene.accept()
    _, second = scene.listen()
    await turns()
    assert (received(first), received(second)) == ([1], [])


async def test_who_left_gets_nothing_more_and_leaves_nothing_behind(scene: Scene) -> None:
    stream, tape = scene.listen("orders", "a.*", name="x")
    stream.connection_lost()
    await scene.accept()
    await turns()
    assert received(tape) == []
    assert not scene.hub.listeners(stream.tenant, "orders")
    assert not scene.hub._tenants


async def test_presence_counts_a_connection_once(scene: Scene) -> None:
    stream, _ = scene.listen("orders", "*", name="ann")
    assert [each.name for each in scene.hub.listeners(stream.tenant, "orders")] == ["ann"]
    assert not scene.hub.listeners(OTHER_TENANT, "orders")


async def test_every_listener_has_its_turn_within_one_round_of_heartbeats(scene: Scene) -> None:
    tapes = [scene.listen()[1] for _ in range(2 * HEARTBEAT_S + 1)]
    before = [tape.writes for tape in tapes]
    for _ in range(2):  # the first beat only notices that something was sent
        for turn in range(HEARTBEAT_S):
            scene.hub.beat(turn)
    assert [tape.writes for tape in tapes] == [writes + 1 for writes in before]


async def test_a_key_that_is_revoked_ends_its_listeners_even_while_they_catch_up(scene: Scene) -> None:
    await scene.accept()
    _, live = scene.listen()
    _, behind = scene.listen(after=0)
    _, other = scene.listen(key="key_" + "2" * 32)
    scene.hub.end_key("key_" + "1" * 32)
    await turns()
    assert (live.is_closed, behind.is_closed, other.is_closed) == (True, True, False)
    assert events(live)[-1].data == {"reason": "the API key is no longer in force", "code": 4010}


async def test_a_tenant_that_is_suspended_and_a_service_that_stops_say_so(scene: Scene) -> None:
    _, suspended = scene.listen()
    _, stopped = scene.listen(tenant=OTHER_TENANT)
    scene.hub.end_tenant("ten_" + "1" * 32)
    assert not stopped.is_closed
    scene.hub.close()
    assert events(suspended)[-1].data == {"reason": "the tenant is suspended", "code": 4010}
    assert events(stopped)[-1].data == {"reason": "the service is stopping", "code": 1001}
    assert suspended.is_closed
    assert stopped.is_closed
