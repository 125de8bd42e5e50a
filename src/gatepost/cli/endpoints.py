"""`gatepost endpoints`: who receives webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option, Typer

from gatepost.cli import replay, terminal
from gatepost.cli.connection import connect, secret_from
from gatepost.cli.endpoint_options import Fields, takes_fields
from gatepost.cli.options import EndpointId, Json, KeyFile, SecretFile, Url, Yes, given

if TYPE_CHECKING:
    from gatepost.client.results import Endpoint

app = Typer(name="endpoints", help="Create, show and change the receivers of webhooks.", no_args_is_help=True)


@app.command()
@takes_fields
def create(
    address: Annotated[str, Argument(metavar="URL", help="Where webhooks are posted to.")],
    described: Fields,
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
            address, **described, signature=given(signature), secret=secret_from(secret_file)
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
@takes_fields
def change(
    endpoint: EndpointId,
    described: Fields,
    address: Annotated[str | None, Option("--to", metavar="URL", help="Where webhooks are posted to.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Change what is given and leave the rest."""
    with connect(url, key_file) as client:
        changed = client.change_endpoint(endpoint, url=given(address), **described)
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


for command in (replay.deliveries, replay.why, replay.replay):
    app.command()(command)


def _show(endpoint: Endpoint, as_json: bool) -> None:
    terminal.record(endpoint, as_json)


def _explain_secret(as_json: bool) -> None:
    if not as_json:
        terminal.notice("Keep the secret: receivers verify webhooks with it, and it is not shown again.")
