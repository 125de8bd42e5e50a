"""`gatepost tenants`: the customers of a service, for its operator."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Typer

from gatepost.cli import terminal
from gatepost.cli.connection import connect
from gatepost.cli.options import ExpiresAt, Json, KeyFile, Scopes, TenantId, Url, Yes, listed, moment

app = Typer(name="tenants", help="Create, list, suspend and destroy tenants.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, Argument(metavar="NAME", help="Lower-case letters, digits and dashes.")],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make a tenant."""
    with connect(url, key_file) as client:
        tenant = client.create_tenant(name)
    terminal.record(tenant, as_json)
    if not as_json:
        terminal.notice(f"give it a key: gatepost tenants key {tenant.id} NAME --scopes notifications:send")


@app.command("list")
def list_(url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """List all tenants."""
    with connect(url, key_file) as client:
        found = list(client.tenants())
    terminal.records(found, ("id", "name", "created_at", "suspended_at"), as_json)


@app.command()
def suspend(tenant: TenantId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Refuse every request of a tenant."""
    with connect(url, key_file) as client:
        terminal.record(client.suspend_tenant(tenant), as_json)


@app.command()
def resume(tenant: TenantId, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """End a suspension."""
    with connect(url, key_file) as client:
        terminal.record(client.resume_tenant(tenant), as_json)


@app.command()
def destroy(
    tenant: TenantId, yes: Yes = False, url: Url = None, key_file: KeyFile = None, as_json: Json = False
) -> None:
    """Remove a tenant and everything that belongs to it, for good."""
    if not yes and not terminal.confirm(f"Destroy {tenant} with all its keys, endpoints and notifications, for good?"):
        terminal.fail("nothing was destroyed", "answer y, or give --yes")
    with connect(url, key_file) as client:
        client.destroy_tenant(tenant)
    terminal.record({"id": tenant, "destroyed": True}, as_json)


@app.command()
def key(
    tenant: TenantId,
    name: Annotated[str, Argument(metavar="NAME", help="What the key is for.")],
    scopes: Scopes,
    expires_at: ExpiresAt = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make an API key of a tenant; prints it once."""
    with connect(url, key_file) as client:
        made = client.create_tenant_key(
            tenant, name, scopes=listed(scopes), expires_at=moment(expires_at, "--expires-at")
        )
    terminal.record(made, as_json)
    if not as_json:
        terminal.notice("Keep the key: it is not shown again, and the service itself cannot read it.")
