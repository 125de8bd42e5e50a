"""Writes the pages of docs/reference that are made from the code: every error, every setting, every route.

    .venv/bin/python scripts/reference.py

`tests/test_reference.py` fails when a page is not what this would write.
"""

from __future__ import annotations

from pathlib import Path

from gatepost.errors import GatepostError, StartRefused, every_error
from gatepost.guard.policy import ANY_KEY, PUBLIC
from gatepost.server.api.all import OPERATIONS
from gatepost.server.settings import known
from gatepost.web.problem import STATUSES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


def problems() -> str:
    """Every error code that the API can answer with."""
    rows = [
        f"| {_status(error)} | `{error.code}` | {error.title} |"
        for error in every_error()
        if error is not GatepostError and not issubclass(error, StartRefused) and _status(error) != 500
    ]
    head = (
        "# Problems\n\nErrors are problem documents (RFC 9457). A `code` never changes; `type` leads to its meaning.\n"
    )
    return "\n".join([head, "| status | code | meaning |", "|---|---|---|", *rows, ""])


def settings() -> str:
    """Every setting with its default."""
    rows = [f"| `{name}` | {_code(setting.default)} | {setting.doc} |" for name, setting in known().items()]
    head = (
        "# Settings\n\nA flag `--some-name`, else `GATEPOST_SOME_NAME`, else `some_name` in `gatepost.toml`, else the "
        "default.\nSpans are written such as `250ms`, `5s`, `15m`, `2h`, `30d`; sizes such as `512MiB`.\n"
    )
    return "\n".join([head, "| setting | default | meaning |", "|---|---|---|", *rows, ""])


def routes() -> str:
    """Every route with the scope that it demands."""
    rows = [f"| `{each.method} {each.path}` | {_scope(each.policy.scope)} | {each.summary} |" for each in OPERATIONS]
    head = "# Routes\n\nThe whole description is served at `/openapi.json`.\n"
    return "\n".join([head, "| route | scope | what it does |", "|---|---|---|", *rows, ""])


PAGES = {"problems.md": problems, "settings.md": settings, "routes.md": routes}


def _status(error: type[GatepostError]) -> int:
    return next(STATUSES[kind] for kind in error.__mro__ if kind in STATUSES)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _scope(scope: str) -> str:
    return {PUBLIC: "none", ANY_KEY: "any key"}.get(scope, f"`{scope}`")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
