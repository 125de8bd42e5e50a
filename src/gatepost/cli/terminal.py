"""The only file that prints. Its rules:

- stdout carries results: text and tables for people, or with `--json` one JSON document and nothing else
  (one a line, where results come one by one).
- stderr carries the rest: progress, notices, errors. An error is one line,
  `gatepost: <what> - <what to do>`, without a capital or a full stop.
- Exit codes: 0 done, 1 it failed, 2 it was called wrongly.
- A secret is printed when it was just made, and never again.
- What others wrote (a receiver's answer, a description) cannot steer the terminal: control characters are replaced.
- Colour helps and never carries meaning alone; progress bars are for terminals only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

FAILED = 1

PIPE_WIDTH = 1_000
"""Columns when nobody looks: what reads a pipe wants a row on a line."""


def document(value: object) -> None:
    """Prints the one JSON document of this run. Secrets in `value` are shown: pass those that were just made."""
    import msgspec

    encoded = msgspec.json.encode(value, enc_hook=_revealed)
    sys.stdout.write(msgspec.json.format(encoded, indent=2).decode() + "\n")


def json_line(value: object) -> None:
    """Prints one JSON document on a line, at once: for results that come one by one."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def line(text: str = "", *, style: str | None = None) -> None:
    """Prints one line of a result."""
    _stdout().print(plain(text), style=style, markup=False, highlight=False, soft_wrap=True)


def text(whole: str) -> None:
    """Prints a document of our own as it is."""
    sys.stdout.write(whole)


def payload(value: object) -> None:
    """Prints JSON that somebody else wrote."""
    import msgspec

    for row in msgspec.json.format(msgspec.json.encode(value), indent=2).decode().splitlines():
        line(row)


def record(value: Any, as_json: bool, *, leave_out: Sequence[str] = ()) -> None:
    """Prints one thing: a value type of the SDK, or a mapping. Secrets in it are shown: they were just made."""
    if as_json:
        document(value)
        return
    fields = value if isinstance(value, Mapping) else {name: getattr(value, name) for name in value.__struct_fields__}
    shown = {name: field for name, field in fields.items() if field is not None and name not in leave_out}
    facts({name.replace("_", " "): _revealed_or_self(field) for name, field in shown.items()})


def records(values: Sequence[Any], columns: Sequence[str], as_json: bool) -> None:
    """Prints many of the same: a table with these fields, or a JSON array with all of them."""
    if as_json:
        document(values)
        return
    rows = [[getattr(value, column) for column in columns] for value in values]
    table([column.replace("_", " ") for column in columns], rows)


def facts(pairs: Mapping[str, object]) -> None:
    """Prints names and values, one pair a line."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        grid.add_row(name, Text(plain(value)))
    _stdout().print(grid)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Prints rows under headings; the columns named in `right` are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    _stdout().print(shown)


def verdict(word: str, style: str, subject: str, detail: str) -> None:
    """Prints one line of a list of checks: its verdict, what was looked at, and what was found."""
    from rich.text import Text

    _stdout().print(Text.assemble((f"{word:<6}", style), f"{subject:<16}", plain(detail)), soft_wrap=True)


def notice(text: str) -> None:
    """Tells people something beside the result."""
    sys.stderr.write(plain(text) + "\n")


def fail(what: str, remedy: str) -> NoReturn:
    """Prints the one line of an error and ends the program."""
    what = what[:1].lower() + what[1:] if what[:2].istitle() else what
    sys.stderr.write(f"gatepost: {plain(what.rstrip('.'))} - {plain(remedy)}\n")
    raise SystemExit(FAILED)


def confirm(question: str) -> bool:
    """Asks on stderr; anything but a clear yes is a no, and so is having nobody to ask."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{plain(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def ask_secret(prompt: str) -> str | None:
    """Asks without echo, or returns None when there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from getpass import getpass

    return getpass(prompt, stream=sys.stderr).strip()


def ask_at_terminal(prompt: str) -> str | None:
    """Asks without echo where the person sits, while stdin carries data; returns None when nobody sits there."""
    import os
    from getpass import getpass

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return None
    return getpass(prompt)


@contextmanager
def progress(totals: Mapping[str, int | None]) -> Iterator[Callable[[str, int], None]]:
    """Progress bars on stderr, by name; None is for a total that nobody knows.

    The function that it gives is told a name and how many are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {name: bars.add_task(name, total=total) for name, total in totals.items()}
        yield lambda name, done: bars.update(tasks[name], completed=done)


def plain(value: object) -> str:
    """The text of a value as people read it, without anything that steers a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in _text(value))


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        case tuple() | list():
            return ", ".join(_text(item) for item in value)
        case _:
            return str(value)


def _revealed_or_self(value: Any) -> object:
    try:
        return _revealed(value)
    except NotImplementedError:
        return value


def _revealed(value: Any) -> object:
    from gatepost.crypto.secret import Secret

    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
