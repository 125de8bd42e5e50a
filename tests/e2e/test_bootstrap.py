"""The `gatepost` script at the root: what a clone does at its first start, and at every further one."""

from __future__ import annotations

import ast
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

INSTALLER = f"""\
#!/bin/sh
# Stands in for uv: notes what it was asked for and makes a .venv whose command tells what it was given.
echo "$@" >> "$UV_CALLS"
[ -z "$UV_FAILS" ] || exit 2
[ "$1" = venv ] || exit 0
for venv in "$@"; do :; done
mkdir -p "$venv/bin"
ln -s {sys.executable} "$venv/bin/python"
printf '#!/bin/sh\\necho command: "$@"\\nexit 7\\n' > "$venv/bin/gatepost"
chmod +x "$venv/bin/gatepost"
"""


class Clone:
    """A fresh clone and the environment it is started in."""

    def __init__(self, directory: Path, bin_directory: Path) -> None:
        self.directory = directory
        self.calls_file = bin_directory / "calls"
        self.environment = {"PATH": f"{bin_directory}:/usr/bin:/bin", "UV_CALLS": str(self.calls_file)}

    def start(
        self, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        process = self.popen(*words, env=env, cwd=cwd)
        stdout, stderr = process.communicate(timeout=50)
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def popen(
        self, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.directory / "gatepost"), *words],
            cwd=cwd or self.directory,
            env=self.environment | dict(env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def calls(self) -> list[str]:
        """What the installer was asked for so far."""
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def installs(self, lock: str) -> int:
        return sum(f"--require-hashes -r {lock}" in call for call in self.calls())


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    directory, bin_directory = tmp_path / "clone", tmp_path / "bin"
    bin_directory.mkdir()
    (bin_directory / "uv").write_text(INSTALLER)
    (bin_directory / "uv").chmod(0o755)
    (directory / "scripts").mkdir(parents=True)
    (directory / "scripts" / "run_tests.py").write_text("import sys; print('tests:', *sys.argv[1:]); sys.exit(5)")
    for name in ("gatepost", "pyproject.toml"):
        shutil.copy(ROOT / name, directory)
    for lock in ("requirements.lock", "requirements-test.lock"):
        (directory / lock).write_text("")
    return Clone(directory, bin_directory)


def changed_python(change: str, directory: Path) -> str:
    """A PYTHONPATH under which Python starts with one thing changed."""
    (directory / "sitecustomize.py").write_text(f"import sys; {change}")
    return str(directory)


def test_the_first_start_installs_and_hands_over(clone: Clone) -> None:
    result = clone.start("serve", "--port", "1")
    assert (result.stdout, result.returncode) == ("command: serve --port 1\n", 7)
    assert "installing requirements.lock" in result.stderr
    assert clone.installs("requirements-test.lock") == 0


def test_nothing_is_downloaded_without_a_hash(clone: Clone) -> None:
    clone.start("test")
    pip = [call for call in clone.calls() if call.startswith("pip")]
    assert len(pip) == 3
    assert [
        call for call in pip if "--require-hashes" not in call and "--no-deps --no-build-isolation" not in call
    ] == []


def test_the_second_start_installs_nothing_and_says_nothing(clone: Clone) -> None:
    clone.start("serve")
    calls, changed = clone.calls(), (clone.directory / ".venv").stat().st_mtime_ns
    result = clone.start("serve")
    assert (result.stdout, result.stderr, result.returncode) == ("command: serve\n", "", 7)
    assert clone.calls() == calls
    assert (clone.directory / ".venv").stat().st_mtime_ns == changed


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_is_needed_installs_again(clone: Clone, name: str) -> None:
    clone.start()
    with open(clone.directory / name, "a") as file:
        file.write("# changed\n")
    clone.start()
    assert clone.installs("requirements.lock") == 2


def test_a_clone_that_was_moved_installs_again(clone: Clone) -> None:
    clone.start()
    clone.directory = clone.directory.rename(clone.directory.with_name("moved"))
    assert clone.start().returncode == 7
    assert clone.installs("requirements.lock") == 2


def test_a_set_up_that_failed_is_tried_again(clone: Clone) -> None:
    result = clone.start("serve", env={"UV_FAILS": "yes"})
    assert (result.stdout, result.returncode) == ("", 1)
    assert "set-up failed at: " in result.stderr
    assert clone.start("serve").returncode == 7


def test_starts_at_the_same_time_install_once(clone: Clone) -> None:
    starts = [clone.popen("serve") for _ in range(4)]
    results = [(start.communicate(timeout=50)[0], start.returncode) for start in starts]
    assert results == [("command: serve\n", 7)] * 4
    assert clone.installs("requirements.lock") == 1


def test_the_directory_of_the_caller_does_not_matter(clone: Clone, tmp_path: Path) -> None:
    assert clone.start("serve", cwd=tmp_path).returncode == 7
    link = tmp_path / "link"
    link.symlink_to(clone.directory / "gatepost")
    result = subprocess.run([sys.executable, link], env=clone.environment, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("command:\n", "")


def test_the_word_test_adds_the_test_tools(clone: Clone) -> None:
    result = clone.start("test", "--quick", "-k", "x")
    assert (result.stdout, result.returncode) == ("tests: --quick -k x\n", 5)
    assert clone.installs("requirements-test.lock") == 1


def test_an_old_python_gets_one_clear_line(clone: Clone, tmp_path: Path) -> None:
    result = clone.start("serve", env={"PYTHONPATH": changed_python("sys.version_info = (3, 9, 2)", tmp_path)})
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed and this is 3.9.2" in result.stderr


def test_an_old_python_can_read_the_script() -> None:
    ast.parse((ROOT / "gatepost").read_text(), feature_version=(3, 7))


def test_a_missing_venv_module_is_named_by_its_package(clone: Clone, tmp_path: Path) -> None:
    no_uv = {"PATH": "", "PYTHONPATH": changed_python("sys.modules['ensurepip'] = None", tmp_path)}
    result = clone.start("serve", env=no_uv)
    assert result.returncode == 1
    assert f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in result.stderr


def test_without_uv_the_pip_of_python_does_it(clone: Clone) -> None:
    """For real, but offline: an empty lock, and the hatchling that this test runs beside."""
    for name in ("src/gatepost/_version.py", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            (clone.directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone.directory / name)
    (clone.directory / "src/gatepost/cli").mkdir()
    (clone.directory / "src/gatepost/cli/main.py").write_text(
        "import sys\ndef main():\n    sys.exit(' '.join(sys.argv))"
    )
    no_uv = {"PATH": "", "PYTHONPATH": os.pathsep.join(site.getsitepackages())}
    for _ in range(2):
        result = clone.start("serve", "--port", "1", env=no_uv)
        assert result.stderr.endswith(".venv/bin/gatepost serve --port 1\n")
        assert result.returncode == 1
    assert "installing" not in result.stderr


def test_it_can_be_started_by_its_name() -> None:
    assert os.access(ROOT / "gatepost", os.X_OK)
