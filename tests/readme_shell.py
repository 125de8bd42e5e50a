"""Runs the shell commands of a Markdown file as a reader would type them, in a fresh copy of the project."""

from __future__ import annotations

import os
import re
import runpy
import select
import shutil
import signal
import site
import subprocess
import sysconfig
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
COMMAND_LIMIT = 120.0
"""Seconds for one command of the README: a reader would not wait longer either."""
READY_LIMIT = 60.0
"""Seconds until a command that stays up must say that it is ready."""
STOP_LIMIT = 30.0
"""Seconds for a command that stayed up to end after an interrupt."""
POLL = 0.05
"""Seconds between two looks at a command that starts."""

STAYS_UP = re.compile(r"\./gatepost (serve|demo)\b(?!.*--(once|help)\b)")
READY = re.compile(r"listening on|Ready")
OWN_TESTS = "./gatepost test"


@dataclass(frozen=True)
class Block:
    """One ```sh block: where it stands, its commands, and the reason when it says that it is not to be run."""

    section: str
    line: int
    text: str
    not_run: str | None


def blocks(markdown: str) -> list[Block]:
    """The ```sh blocks of a Markdown text; sections begin at headings of the second level."""
    found, section, not_run = [], "", None
    lines = enumerate(markdown.splitlines(), start=1)
    for number, line in lines:
        if line.startswith("```"):
            text = "\n".join(take_block(lines))
            if line == "```sh":
                found.append(Block(section, number, text, not_run))
        elif line.startswith("## "):
            section = line.removeprefix("## ")
        if line.strip():
            marker = re.fullmatch(r"<!-- not run: (.+) -->", line)
            not_run = marker[1] if marker else None
    return found


def take_block(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line == "```":
            return
        yield line


def commands(text: str) -> Iterator[str]:
    """Single commands; bash itself says whether a line is complete, so quotes and here-documents may span lines."""
    waiting: list[str] = []
    for line in text.splitlines():
        waiting.append(line)
        command = "\n".join(waiting)
        if is_complete(command):
            waiting.clear()
            if line.strip() and not command.lstrip().startswith("#"):
                yield command
    if waiting:
        raise ValueError(f"a command does not end: {waiting[0]}")


def is_complete(command: str) -> bool:
    check = subprocess.run(["bash", "-n"], input=command + "\n", capture_output=True, text=True, check=False)
    return not command.endswith("\\") and check.returncode == 0 and not check.stderr


class CommandFailed(Exception):
    """A command of the README does not do what the README promises."""


class Shell:
    """One terminal of a reader. Commands that stay up run beside the others and are interrupted at the end."""

    def __init__(self, directory: Path, home: Path) -> None:
        ours = ("GATEPOST_", "PYTHON", "XDG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self._home = home
        self._staying: list[tuple[str, int]] = []
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=directory,
            env=kept | {"HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._send("set -m")  # what runs in the background gets a process group of its own

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._staying and error is None:
                self._interrupt(*self._staying.pop())
        finally:
            for _, process in self._staying:
                kill_group(process)
            self._bash.kill()
            self._bash.communicate()

    def run(self, command: str) -> str:
        """What the command printed. Raises CommandFailed."""
        if command.startswith(OWN_TESTS):
            # Run by these very tests, the whole suite would run itself: it is asked for its plan instead.
            command = command.replace(OWN_TESTS, f"{OWN_TESTS} --list", 1)
        return self._start(command) if STAYS_UP.match(command) else self._finish(command)

    def _finish(self, command: str) -> str:
        output = self._output_file()
        self._send(f"{{ {command}\n}} >{output} 2>&1 </dev/null; echo $?")
        status = self._answer(command, COMMAND_LIMIT)
        if status != 0:
            raise CommandFailed(f"{command}\nexited with {status}:\n{output.read_text()}")
        return output.read_text()

    def _start(self, command: str) -> str:
        output = self._output_file()
        self._send(f"{{ {command}\n}} >{output} 2>&1 </dev/null & echo $!")
        process = self._answer(command, COMMAND_LIMIT)
        deadline = time.monotonic() + READY_LIMIT
        while not (output.exists() and READY.search(output.read_text())):
            if time.monotonic() > deadline or not is_running(process):
                kill_group(process)
                raise CommandFailed(f"{command}\nwas never ready:\n{output.read_text()}")
            time.sleep(POLL)
        self._staying.append((command, process))
        return output.read_text()

    def _interrupt(self, command: str, process: int) -> None:
        if not is_running(process):
            raise CommandFailed(f"{command}\nended by itself")
        try:
            os.killpg(process, signal.SIGINT)
            self._send(f"wait {process}; echo $?")
            status = self._answer(command, STOP_LIMIT)
        finally:
            kill_group(process)
        if status != 0:
            raise CommandFailed(f"{command}\nexited with {status} when it was interrupted")

    def _send(self, line: str) -> None:
        assert self._bash.stdin
        self._bash.stdin.write(f"{line}\n".encode())

    def _answer(self, command: str, limit: float) -> int:
        """The number that the shell prints after a command."""
        assert self._bash.stdout
        if not select.select([self._bash.stdout], [], [], limit)[0]:
            raise CommandFailed(f"{command}\ntook longer than {limit:.0f} s")
        return int(self._bash.stdout.readline() or 0)

    def _output_file(self) -> Path:
        return self._home / f"output-{time.monotonic_ns()}"


def is_running(process: int) -> bool:
    try:
        os.killpg(process, 0)
    except ProcessLookupError:
        return False
    return True


def kill_group(process: int) -> None:
    if is_running(process):
        os.killpg(process, signal.SIGKILL)


def fresh_copy(directory: Path) -> Path:
    """What a clone of the working tree would hold, with a .venv that is already set up."""
    tracked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, directory / name)
    lend_venv(directory)
    return directory


def lend_venv(directory: Path) -> None:
    """A .venv that the bootstrap takes for its own: the packages of this one, the code of the copy."""
    home = directory / ".venv"
    venv.create(home, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    lent = "\n".join(f"import site; site.addsitedir({path!r})" for path in site.getsitepackages())
    (packages / "copy.pth").write_text(f"{directory / 'src'}\n{lent}\n")
    command = home / "bin" / "gatepost"
    command.write_text(f"#!{home}/bin/python\nimport sys\nfrom gatepost.cli.main import main\nsys.exit(main())\n")
    command.chmod(0o755)
    bootstrap = runpy.run_path(str(directory / "gatepost"))
    for lock in (bootstrap["RUN_LOCK"], bootstrap["TEST_LOCK"]):
        bootstrap["stamp_of"](lock).write_text(bootstrap["fingerprint"](lock))
