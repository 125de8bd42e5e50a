"""The runner of the README's commands notices what a reader would notice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme_shell import Block, CommandFailed, Shell, blocks, commands, fresh_copy

SAMPLE = """\
# Title

```sh
echo before
```

## First

```sh
echo one   # a comment
# only a comment

cat <<'EOF'
a here-document
EOF
echo 'a string
of two lines' \\
  and more
```

```json
{"not": "run"}
```

<!-- not run: it needs a friend -->

```sh
ssh friend
```

## Second

```sh
echo two
```
"""

STAND_IN = """\
#!/usr/bin/env python3
# Stands in for ./gatepost: stays up for `serve`, prints its words otherwise.
import os, signal, sys
if sys.argv[1] == "serve" and "--help" not in sys.argv:
    print("nothing here" if "--mute" in sys.argv else "listening on 127.0.0.1:1", os.getpid(), flush=True)
    open("served", "w").close()
    signal.signal(signal.SIGINT, lambda *_: sys.exit(3 if "--clumsy" in sys.argv else 0))
    while "--mute" not in sys.argv:
        signal.pause()
else:
    print(sys.argv[1:], "GATEPOST_KEY" in os.environ, os.environ["HOME"])
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell(directory_with(STAND_IN, tmp_path), home=tmp_path) as shell:
        yield shell


def directory_with(script: str, directory: Path) -> Path:
    (directory / "gatepost").write_text(script)
    (directory / "gatepost").chmod(0o755)
    return directory


def test_blocks_are_found_with_their_section_and_reason() -> None:
    found = [(block.section, block.line, block.not_run) for block in blocks(SAMPLE)]
    assert found == [("", 3, None), ("First", 9, None), ("First", 27, "it needs a friend"), ("Second", 33, None)]


def test_a_block_is_split_into_commands() -> None:
    first: Block = blocks(SAMPLE)[1]
    assert list(commands(first.text)) == [
        "echo one   # a comment",
        "cat <<'EOF'\na here-document\nEOF",
        "echo 'a string\nof two lines' \\\n  and more",
    ]


def test_a_command_that_does_not_end_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not end"):
        list(commands("echo 'one"))


def test_the_sample_runs(shell: Shell) -> None:
    outputs = [shell.run(command) for command in commands(blocks(SAMPLE)[1].text)]
    assert outputs == ["one\n", "a here-document\n", "a string\nof two lines and more\n"]


def test_commands_share_one_shell(shell: Shell) -> None:
    shell.run("mkdir below && cd below && export name=value")
    assert shell.run("echo $name $(basename $PWD)") == "value below\n"


def test_a_command_that_fails_is_reported_with_its_output(shell: Shell) -> None:
    with pytest.raises(CommandFailed, match="exited with 1:\nwhy\n"):
        shell.run("echo why; false")


def test_nothing_of_the_callers_settings_comes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_KEY", "secret")
    with Shell(directory_with(STAND_IN, tmp_path), home=tmp_path) as shell:
        assert shell.run("./gatepost me") == f"['me'] False {tmp_path}\n"


def test_the_whole_suite_is_only_asked_for_its_plan(shell: Shell) -> None:
    assert shell.run("./gatepost test --quick").startswith("['test', '--list', '--quick']")


def test_a_command_that_stays_up_runs_beside_the_others_until_the_end(tmp_path: Path) -> None:
    with Shell(directory_with(STAND_IN, tmp_path), home=tmp_path) as shell:
        process = int(shell.run("./gatepost serve  # in the foreground").split()[-1])
        assert shell.run("ls served") == "served\n"
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_it_must_end_well_when_it_is_interrupted(tmp_path: Path) -> None:
    expected = pytest.raises(CommandFailed, match="exited with 3 when it was interrupted")
    with expected, Shell(directory_with(STAND_IN, tmp_path), home=tmp_path) as shell:
        shell.run("./gatepost serve --clumsy")


def test_it_must_not_end_by_itself(tmp_path: Path) -> None:
    expected = pytest.raises(CommandFailed, match="ended by itself")
    with expected, Shell(directory_with(STAND_IN, tmp_path), home=tmp_path) as shell:
        process = shell.run("./gatepost serve").split()[-1]
        shell.run(f"kill -KILL {process}; wait")


def test_it_must_say_that_it_is_ready(shell: Shell) -> None:
    with pytest.raises(CommandFailed, match="was never ready:\nnothing here"):
        shell.run("./gatepost serve --mute")


@pytest.mark.parametrize("command", ["./gatepost serve --help", "./gatepost demo --once"])
def test_commands_that_end_by_themselves_are_waited_for(shell: Shell, command: str) -> None:
    if "serve" in command:
        shell.run('sed -i \'s/== "serve"/== "stay"/\' gatepost')
    assert shell.run(command).startswith(f"{command.split()[1:]}")


def test_a_fresh_copy_runs_its_own_code_without_a_set_up(tmp_path: Path) -> None:
    copy = fresh_copy(tmp_path / "copy")
    assert not (copy / ".servers").exists()
    with Shell(copy, home=tmp_path) as shell:
        assert "pytest" in shell.run("./gatepost test")
        where = shell.run(".venv/bin/python -c 'import gatepost.errors, msgspec; print(gatepost.errors.__file__)'")
        assert where == f"{copy}/src/gatepost/errors.py\n"
