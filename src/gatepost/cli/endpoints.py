"""`gatepost endpoints`: who receives webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, BadParameter, Option, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect, secret_from
from gatepost.cli.options import (
    EndpointId,
    Json,
    KeyFile,
    Limit,
    NotificationId,
    SecretFile,
    Url,
    Yes,
    given,
    listed,
    moment,
    required_moment,
)

if TYPE_CHECKING:
    from msgspec import UnsetType

    from gatepost.client.results import Endpoint, Replay

app = Typer(name="endpoints", help="Create, show and change the receivers of webhooks.", no_args_is_help=True)

Topics = Annotated[
    str | None, Option(metavar="PATTERNS", help="Topics it receives, comma-separated, such as orders.*,refunds.")
]
Types = Annotated[str | None, Option(metavar="PATTERNS", help="Types it receives, comma-separated.")]
Retry = Annotated[
    str | None,
    Option(metavar="SECONDS", help="Waits before each attempt, comma-separated: 0,5,300. Or usual."),
]
Concurrency = Annotated[int | None, Option(min=1, metavar="N", help="Requests to it at once.")]
OnStuck = Annotated[
    Literal["block", "park", "skip"] | None,
    Option(help="When one fails, those behind it with its ordering key wait, wait for a few attempts, or go on."),
]
ParkAfter = Annotated[int | None, Option(min=1, metavar="N", help="Attempts for which park waits.")]
Description = Annotated[str | None, Option(metavar="TEXT", help="What it is, for people.")]


@app.command()
def create(
    address: Annotated[str, Argument(metavar="URL", help="Where webhooks are posted to.")],
    topics: Topics = None,
    types: Types = None,
    retry: Retry = None,
    concurrency: Concurrency = None,
    on_stuck: OnStuck = None,
    park_after: ParkAfter = None,
    description: Description = None,
    signature: Annotated[
        Literal["v1", "v1a"] | None, Option(help="v1: shared secret (usual). v1a: Ed25519, receivers hold no secret.")
    ] = None,
    secret_file: SecretFile = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Register a receiver; prints its signing secret once."""
    with connect(url, key_file) as client:
        endpoint = client.create_endpoint(
            address,
            topics=_patterns(topics),
            types=_patterns(types),
            retry=_schedule(retry),
            concurrency=given(concurrency),
            on_stuck=given(on_stuck),
            park_after=given(park_after),
            description=given(description),
            signature=given(signature),
            secret=secret_from(secret_file),
        )
    _show(endpoint, as_json)
    _explain_secret(as_json)


@app.command("list")
def list_(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """List all endpoints."""
    with connect(url, key_file) as client:
        found = list(client.endpoints())
    terminal.records(found, ("id", "state", "url", "topics", "types"), as_json)


@app.command()
def show(endpoint: EndpointId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Show one endpoint."""
    with connect(url, key_file) as client:
        _show(client.endpoint(endpoint), as_json)


@app.command()
def change(
    endpoint: EndpointId,
    address: Annotated[str | None, Option("--to", metavar="URL", help="Where webhooks are posted to.")] = None,
    topics: Topics = None,
    types: Types = None,
    retry: Retry = None,
    concurrency: Concurrency = None,
    on_stuck: OnStuck = None,
    park_after: ParkAfter = None,
    description: Description = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Change what is given and leave the rest."""
    with connect(url, key_file) as client:
        changed = client.change_endpoint(
            endpoint,
            url=given(address),
            topics=_patterns(topics),
            types=_patterns(types),
            retry=_schedule(retry),
            concurrency=given(concurrency),
            on_stuck=given(on_stuck),
            park_after=given(park_after),
            description=given(description),
        )
    _show(changed, as_json)


@app.command()
def pause(endpoint: EndpointId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Hold deliveries back until it is resumed."""
    with connect(url, key_file) as client:
        _show(client.pause_endpoint(endpoint), as_json)


@app.command()
def resume(endpoint: EndpointId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Deliver again after a pause, or after it was disabled."""
    with connect(url, key_file) as client:
        _show(client.resume_endpoint(endpoint), as_json)


@app.command()
def delete(
    endpoint: EndpointId, yes: Yes = False, url: Url = None, key_file: KeyFile = None, as_json: Json = False
) -> None:
    """Remove an endpoint; what waits for it is not delivered any more."""
    if not yes and not terminal.confirm(f"Delete {endpoint}, and cancel what waits for it?"):
        terminal.fail("nothing was deleted", "answer y, or give --yes")
    with connect(url, key_file) as client:
        client.delete_endpoint(endpoint)
    terminal.record({"id": endpoint, "deleted": True}, as_json)


@app.command("rotate-secret")
def rotate_secret(
    endpoint: EndpointId,
    overlap_seconds: Annotated[
        int | None, Option(min=0, metavar="SECONDS", help="How long the old secret signs beside the new one.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make a new signing secret; prints it once."""
    with connect(url, key_file) as client:
        terminal.record(client.rotate_endpoint_secret(endpoint, overlap_seconds=given(overlap_seconds)), as_json)
    _explain_secret(as_json)


@app.command("test")
def send_test(endpoint: EndpointId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Send a test notification to one endpoint."""
    with connect(url, key_file) as client:
        sent = client.test_endpoint(endpoint)
    terminal.record(sent, as_json)
    if not as_json:
        terminal.notice(f"see what came of it: gatepost notifications show {sent.id}")


@app.command()
def replay(
    endpoint: EndpointId,
    since: Annotated[str, Option(metavar="TIME", help="Accepted at this time or later (RFC 3339).")],
    until: Annotated[str | None, Option(metavar="TIME", help="Accepted before this time.")] = None,
    topics: Topics = None,
    rate: Annotated[int | None, Option(min=1, metavar="N", help="How many a second.")] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Only count.")] = False,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Send an endpoint what it missed, such as while it was disabled."""
    from functools import partial

    with connect(url, key_file) as client:
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


@app.command()
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


@app.command()
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


def _show(endpoint: Endpoint, as_json: bool) -> None:
    terminal.record(endpoint, as_json)


def _explain_secret(as_json: bool) -> None:
    if not as_json:
        terminal.notice("Keep the secret: receivers verify webhooks with it, and it is not shown again.")


def _patterns(text: str | None) -> list[str] | UnsetType:
    return given(None if text is None else listed(text))


def _schedule(text: str | None) -> tuple[float, ...] | UnsetType | None:
    if text is None:
        return given(text)
    if text == "usual":
        return None
    try:
        return tuple(float(part) for part in listed(text))
    except ValueError:
        raise BadParameter("--retry takes seconds, comma-separated, or the word usual") from None
