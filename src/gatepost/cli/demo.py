"""`gatepost demo`: the whole way of many notifications, on this machine, in a few seconds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from typer import Option

from gatepost.errors import InvalidParameter


def demo(
    notifications: Annotated[int, Option(min=1, metavar="N", help="How many to send.")] = 20_000,
    once: Annotated[bool, Option("--once", help="End after the run instead of staying up.")] = False,
    data_dir: Annotated[
        Path | None, Option(metavar="PATH", help="Keep the data in this new directory, not in a temporary one.")
    ] = None,
    as_json: Annotated[
        bool, Option("--json", help="Print one JSON document and nothing else; implies --once.")
    ] = False,
) -> None:
    """Send real notifications through a service of its own and check every one at a receiver.

    Exits with 1 when one was lost, or was not signed as it must be.
    """
    from gatepost.cli.demo_run import run

    with _directories(data_dir) as (data, scratch):
        run(notifications, data, scratch, as_json=as_json, stay=not (once or as_json))


@contextmanager
def _directories(data_dir: Path | None) -> Iterator[tuple[Path, Path]]:
    """Where the data goes, and a directory for the rest, which is removed at the end."""
    if data_dir is not None and data_dir.exists() and any(data_dir.iterdir()):
        raise InvalidParameter(f"{data_dir} is not empty; the demo needs a directory of its own")
    with tempfile.TemporaryDirectory(prefix="gatepost-demo-") as scratch:
        yield (data_dir or Path(scratch) / "data").absolute(), Path(scratch)
