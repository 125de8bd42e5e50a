"""`gatepost notifications`: what was accepted and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import EndpointId, Json, KeyFile, Limit, NotificationId, Url, moment

if TYPE_CHECKING:
    from gatepost.client.results import Notification

app = Typer(name="notifications", help="Show, list and cancel notifications.", no_args_is_help=True)


@app.command()
def show(notification: NotificationId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Show one notification, its deliveries and every attempt."""
    with connect(url, key_file) as client:
        found = client.notification(notification)
    if as_json:
        terminal.document(found)
    else:
        _tell(found)


@app.command("list")
def list_(
    topic: Annotated[str | None, Option(metavar="TOPIC", help="Only this topic.")] = None,
    type: Annotated[str | None, Option(metavar="TYPE", help="Only this type.")] = None,
    since: Annotated[str | None, Option(metavar="TIME", help="Accepted at this time or later (RFC 3339).")] = None,
    until: Annotated[str | None, Option(metavar="TIME", help="Accepted before this time.")] = None,
    limit: Limit = 50,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """List notifications, newest first."""
    from itertools import islice

    with connect(url, key_file) as client:
        accepted = client.notifications(
            topic=topic,
            type=type,
            since=moment(since, "--since"),
            until=moment(until, "--until"),
            page_size=min(limit, 100),
        )
        found = list(islice(accepted, limit))
    terminal.records(found, ("id", "topic", "type", "accepted_at", "producer_id"), as_json)


@app.command()
def cancel(notification: NotificationId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Stop every delivery that was not sent yet."""
    with connect(url, key_file) as client:
        terminal.record(client.cancel(notification), as_json)


@app.command()
def retry(
    notification: NotificationId,
    endpoint: EndpointId,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Start a delivery again that was given up."""
    with connect(url, key_file) as client:
        client.retry_delivery(notification, endpoint)
    terminal.record({"id": notification, "endpoint": endpoint, "retried": True}, as_json)


def _tell(found: Notification) -> None:
    terminal.record(found, as_json=False, leave_out=("payload", "deliveries"))
    terminal.line()
    terminal.payload(found.payload)
    for delivery in found.deliveries:
        terminal.line()
        terminal.line(f"{delivery.endpoint}  {delivery.state}", style="bold")
        rows = [
            (made.number, made.at, made.status or made.error, made.duration_ms, made.answer)
            for made in delivery.attempts
        ]
        terminal.table(("attempt", "at", "result", "ms", "answer"), rows, right=("attempt", "ms"))
