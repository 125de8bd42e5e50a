"""What an endpoint did not get: listed, explained, and sent after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import (
    EndpointId,
    Json,
    KeyFile,
    Limit,
    NotificationId,
    Url,
    given,
    listed,
    moment,
    required_moment,
)

if TYPE_CHECKING:
    from gatepost.client.results import Replay


def replay(
    endpoint: EndpointId,
    since: Annotated[str, Option(metavar="TIME", help="Accepted at this time or later (RFC 3339).")],
    until: Annotated[str | None, Option(metavar="TIME", help="Accepted before this time.")] = None,
    topics: Annotated[str | None, Option(metavar="PATTERNS", help="Only these topics, comma-separated.")] = None,
    rate: Annotated[int | None, Option(min=1, metavar="N", help="How many a second.")] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Only count.")] = False,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Send an endpoint what it missed, such as while it was disabled.

    When too much waits to be delivered, wait a minute for room; the same window again finds what is left.
    """
    from functools import partial

    with connect(url, key_file, patient=True) as client:
        portion = partial(
            client.replay,
            endpoint,
            since=required_moment(since, "--since"),
            until=moment(until, "--until"),
            topics=None if topics is None else listed(topics),
            rate=given(rate),
            dry_run=dry_run,
        )
        portions = [portion()]
        while (cursor := portions[-1].next) is not None:
            portions.append(portion(cursor=cursor))
    terminal.record(_summed(portions), as_json)


def why(
    endpoint: EndpointId,
    notification: NotificationId,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Say why an endpoint got a notification, or did not."""
    with connect(url, key_file) as client:
        found = client.explain_delivery(notification, endpoint)
    terminal.record(found, as_json, leave_out=("attempts",))


def deliveries(
    endpoint: EndpointId,
    state: Annotated[
        Literal["dead", "parked", "open"], Option(help="Those given up, those set aside, or those on their way.")
    ] = "dead",
    limit: Limit = 50,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """List what was given up, what was set aside, or what is still on its way to an endpoint, oldest first."""
    from itertools import islice

    with connect(url, key_file) as client:
        found = list(islice(client.deliveries(endpoint, state=state), limit))
    terminal.records(found, ("notification", "topic", "type", "state", "attempts", "due_at"), as_json)


def _summed(portions: list[Replay]) -> dict[str, object]:
    """What all portions of a replay found and did together."""
    names = portions[0].counts.__struct_fields__
    counts = {name: sum(getattr(portion.counts, name) for portion in portions) for name in names}
    made = sum(portion.replayed for portion in portions)
    return {"replayed": made, **counts, "ends_at": portions[-1].ends_at}
