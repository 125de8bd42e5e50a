"""Every form of a fix gives the same document: text, patch, overlay and JSON Patch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonpatch
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gatepost.probe.scan.fixes import json_patch, overlay
from gatepost.probe.scan.fixes.patch import unified
from gatepost.probe.scan.fixes.plan import same
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.fixes.splice import Splice, applied, composed, in_order
from gatepost.probe.scan.reading import overlay as overlays
from tests.unit.probe.scan.describing import source
from tests.unit.probe.scan.fixes.planning import MANY, planned, texts


@MANY
@given(texts(), st.data())
def test_a_json_patch_gives_the_same_document(text: str, data: st.DataObject) -> None:
    read = source(text)
    plan = planned(data, read.root)
    patched = jsonpatch.apply_patch(read.root.plain(), json_patch.operations(plan))
    assert same(patched, plan.after(read.root))


@MANY
@given(texts(), st.data())
def test_an_overlay_gives_the_same_document(text: str, data: st.DataObject) -> None:
    read = source(text)
    plan = planned(data, read.root)
    try:
        actions = overlay.actions(plan)
    except NotEditable:
        return
    after = plan.after(read.root)
    overlays.apply(source(json.dumps(overlay.overlay(actions, "api.yaml"))), read)
    assert same(read.root.plain(), after), actions


@MANY
@given(texts(), st.data())
def test_two_steps_are_the_same_as_one(text: str, data: st.DataObject) -> None:
    first = splices(data, len(text))
    middle = applied(text, first)
    second = splices(data, len(middle))
    assert applied(text, composed(middle, first, second)) == applied(middle, second)


def splices(data: st.DataObject, length: int) -> list[Splice]:
    """Random ones that do not overlap."""
    places = sorted(data.draw(st.lists(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return in_order([Splice(start, end, data.draw(st.text("ab\n", max_size=3))) for start, end in pairs])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool", [("patch", "--posix", "-p1", "-i", "fix.patch"), ("git", "apply", "fix.patch")])
@settings(MANY, max_examples=40)
@given(data=st.data())
def test_the_tools_take_a_patch(
    tool: tuple[str, ...], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = data.draw(texts())
    edits = splices(data, len(text))
    folder = tmp_path_factory.mktemp("patched")
    file = folder / "an api.yaml"
    file.write_bytes(text.encode())
    patch = unified(file.name, text, edits)
    assume(patch)
    (folder / "fix.patch").write_bytes(patch.encode())
    done = subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
    assert done.returncode == 0, (text, patch, done.stderr)
    assert read(file) == applied(text, edits)


_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": "/"}


def read(file: Path) -> str:
    """A file that was emptied may be gone."""
    return file.read_bytes().decode() if file.exists() else ""
