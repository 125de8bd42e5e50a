"""Listens to notifications live and keeps its place, so that nothing is missed between two runs either.

Run, in three terminals:

    gatepost serve --first-key-file first-key
    GATEPOST_API_KEY=$(cat first-key) python examples/a1_sse_client.py 'orders.*'
    GATEPOST_API_KEY_FILE=first-key gatepost send orders.eu order.paid '{"order": 4711}'

End it with Ctrl-C, send some more, start it again: it gets what it missed.

Protects: a broken connection is opened again where it was; the place on disk is replaced in one step, after the
notification was handled, so a crash repeats the last one at most. The API key is in a header, not in the address.

Does not protect: from absence beyond what the service keeps; then a gap is told. If handling twice does harm,
remember the ids. Everything here is one after the other: slow handling holds up what comes next.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gatepost import Client, Gap
from gatepost.errors import GatepostError

PLACE = Path(os.environ.get("POSITION_FILE", "position"))


def main() -> None:
    topics = sys.argv[1:] or ["orders.*"]
    position = PLACE.read_text() if PLACE.exists() else None
    with Client() as gatepost, gatepost.subscribe(topics, position=position) as notifications:
        print(f"listening to {' '.join(topics)}", flush=True)
        for item in notifications:
            if isinstance(item, Gap):
                print(f"something is missing: {item.reason}", flush=True)
            else:
                print(f"{item.timestamp:%H:%M:%S}  {item.topic}  {item.type}  {item.data}", flush=True)
            keep(item.position)


def keep(position: str) -> None:
    fresh = PLACE.with_name(f"{PLACE.name}.new")
    fresh.write_text(position)
    fresh.replace(PLACE)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("stopped")
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
