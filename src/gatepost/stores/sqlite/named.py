"""SQL looked up by name from the `.sql` files beside this module, and the migrations in order.

A statement starts at a line `-- name: some_name` and ends before the next one.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

_PLACE: Final = files(__package__)
_MIGRATION = re.compile(r"^(\d{4})_[a-z_]+\.sql\Z")


def statements(file_name: str) -> dict[str, str]:
    """Every statement of one file by its name."""
    parts = re.split(r"^-- name: (\w+)\n", _PLACE.joinpath(file_name).read_text("utf-8"), flags=re.MULTILINE)
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


def migrations() -> list[tuple[int, str]]:
    """Every migration as (number, script), lowest first."""
    found = []
    for entry in _PLACE.joinpath("migrations").iterdir():
        match = _MIGRATION.match(entry.name)
        if match is not None:
            found.append((int(match[1]), entry.read_text("utf-8")))
    return sorted(found)
