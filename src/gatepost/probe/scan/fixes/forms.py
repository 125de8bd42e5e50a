"""The text of fixes in each form in which they are printed."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterator, Sequence

from gatepost.errors import InvalidInput
from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes import json_patch, overlay
from gatepost.probe.scan.fixes.notation import Notation
from gatepost.probe.scan.fixes.patch import unified
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.fixes.repair import FileRepair
from gatepost.probe.scan.fixes.splice import Splice
from gatepost.probe.scan.fixes.writing import block
from gatepost.probe.scan.reading.source_text import is_json

_BYTE_ORDER_MARK = codecs.BOM_UTF8.decode("utf-8")

_OURS = Notation(is_json=False, newline="\n", unit="  ", item_offset=2)


def as_patch(files: Sequence[FileRepair]) -> str:
    """Unified diffs, by paths from the current folder. Raises InvalidInput for files that are not UTF-8."""
    return "".join(map(_patch, files))


def as_overlay(files: Sequence[FileRepair]) -> str:
    """An OpenAPI Overlay, in JSON for a JSON file; nothing when there is nothing to change.

    Raises InvalidInput when there is more than one file.
    """
    if not files:
        return ""
    file = _only(files, "an overlay")
    try:
        actions = [action for plan in file.plans for action in overlay.actions(plan)]
    except NotEditable as reason:
        raise InvalidInput(f"the fixes do not go into an overlay: {reason}; --patch prints them") from None
    whole: Json = overlay.overlay(actions, file.source.name if os.path.exists(file.source.location) else "")
    return _json(whole) if is_json(file.source.text) else block(whole, _OURS, 0) + "\n"


def as_json_patch(files: Sequence[FileRepair]) -> str:
    """A JSON Patch (RFC 6902). Raises InvalidInput when there is more than one file."""
    return _json(list(_operations(files)))


def _operations(files: Sequence[FileRepair]) -> Iterator[Json]:
    if files:
        for plan in _only(files, "a JSON Patch").plans:
            yield from json_patch.operations(plan)


def _only(files: Sequence[FileRepair], form: str) -> FileRepair:
    if len(files) > 1:
        names = ", ".join(file.source.name for file in files[:3]) + ", ..." * (len(files) > 3)
        raise InvalidInput(f"the fixes are for {len(files)} files ({names}), and {form} is for one; --patch takes all")
    return files[0]


def _patch(file: FileRepair) -> str:
    source = file.source
    if not source.encoding.startswith("utf-8"):
        raise InvalidInput(f"{source.name} is {source.encoding}, which no patch can change; --fix can")
    path = os.path.relpath(source.location) if os.path.exists(source.location) else source.name
    path = source.location if path.startswith(os.pardir) else path
    if source.encoding == "utf-8":
        return unified(path, source.text, file.splices)
    moved = [Splice(each.start + 1, each.end + 1, each.text, each.guess) for each in file.splices]
    return unified(path, _BYTE_ORDER_MARK + source.text, moved)


def _json(value: Json) -> str:
    return json.dumps(value, indent=2) + "\n"
