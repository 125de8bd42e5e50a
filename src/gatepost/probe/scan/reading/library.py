"""Opens the files of one description and leads every `$ref` to its target.

A description is foreign text: what it refers to is opened only below one folder, only when it is a regular file
that looks like YAML or JSON, and over the network only when that was allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from msgspec import Struct, field

from gatepost.errors import AddressRefused, Forbidden, GatepostError, InvalidInput, NotFound, TooLarge
from gatepost.probe.scan.reading import references
from gatepost.probe.scan.reading.node import Fault, Node, Source
from gatepost.probe.scan.reading.remote import Fetch, refuse
from gatepost.probe.scan.reading.source_text import MAX_DOCUMENT_BYTES, decode
from gatepost.probe.scan.reading.yaml_reader import read

MAX_FILES = 1000
"""Files of one description."""

MAX_TOTAL_BYTES = 4 * MAX_DOCUMENT_BYTES
"""Bytes of all files of one description."""

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""Of files that may be a part of a description: a `$ref` must not read keys or logs into a report."""


class Access(Struct, frozen=True):
    """What the references of a document may open."""

    folder: Path | None = None
    """The folder whose tree may be read, or None for no file at all."""
    fetch: Fetch = refuse
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """Contents that count instead of those of the files of these names."""


class Library:
    """The files of one description, each read once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sources: dict[str, Source] = {}
        self._names: dict[int, references.Names] = {}
        self._refused: dict[str, GatepostError] = {}
        self._bytes = 0

    @property
    def sources(self) -> tuple[Source, ...]:
        """What was read so far, in that order."""
        return tuple(self._sources.values())

    def add(self, name: str, data: bytes, location: str = "") -> Source:
        """Reads a document. `location` is its path or URL, by which relative references are understood.

        Raises TooLarge.
        """
        data = self._access.texts.get(name, data)
        self._bytes += len(data)
        if len(self._sources) >= MAX_FILES or self._bytes > MAX_TOTAL_BYTES:
            raise TooLarge(f"a description has at most {MAX_FILES} files of {MAX_TOTAL_BYTES // 1024**2} MiB in all")
        source = decode(name, data, location)
        read(source)
        self._sources[location or name] = source
        return source

    def resolve(self) -> None:
        """Sets `Node.target` wherever a `$ref` can be followed; what cannot becomes a fault of its file."""
        led: list[Node] = []
        visited = 0
        while visited < len(self._sources):  # which grows as references open files
            led.extend(self._lead(self.sources[visited]))
            visited += 1
        for node in led:
            _shorten(node)

    def _lead(self, source: Source) -> Iterator[Node]:
        """Leads the references of one file; those through another `$ref` work the second time."""
        failed = []
        for node in references.referring(source.root):
            if self._try(node, source) is None:
                yield node
            else:
                failed.append(node)
        for node in failed:
            error = self._try(node, source)
            if error is None:
                yield node
            else:
                source.faults.append(_fault(_kind(error), error.detail, node))

    def _try(self, node: Node, source: Source) -> GatepostError | None:
        """Sets the target of one reference, or says why there is none."""
        try:
            node.target = self._target(node, source)
        except GatepostError as error:
            return error
        except ValueError:  # of urllib
            return InvalidInput(f"{_shown(references.reference_of(node))} is not an address of a document")
        return None

    def _target(self, node: Node, source: Source) -> Node:
        reference = references.reference_of(node)
        if isinstance(node.value, str) and "/" not in reference and "." not in reference:
            reference = f"#/components/schemas/{reference}"  # a discriminator may name a schema by itself
        url, _, fragment = reference.partition("#")
        base = references.enclosing_id(node)
        root = self._resource(urljoin(base, url) if base else url, source)
        if root is None:
            root = self._open(url, source).root if url else source.root
        target = self._within(root, fragment)
        if target is None and base and not url:
            target = self._within(source.root, fragment)  # many write pointers from the document, whatever the `$id`
        if target is None:
            raise NotFound(f"{_shown(reference)} leads nowhere")
        return target

    def _resource(self, url: str, source: Source) -> Node | None:
        """What an `$id` of this or another open file calls itself."""
        if not url:
            return None
        for open_source in (source, *self.sources):
            found = self._names_of(open_source.root).resources.get(url)
            if found is not None:
                return found
        return None

    def _within(self, root: Node, fragment: str) -> Node | None:
        if not fragment:
            return root
        if fragment.startswith("/"):
            return references.evaluate(root, fragment)
        return self._names_of(root.source.root).anchors.get(unquote(fragment))

    def _names_of(self, root: Node) -> references.Names:
        if id(root) not in self._names:
            self._names[id(root)] = references.names(root)
        return self._names[id(root)]

    # Other files

    def _open(self, url: str, referrer: Source) -> Source:
        location = self._location(url, referrer)
        if location in self._refused:
            raise self._refused[location]
        if location not in self._sources:
            try:
                self._read(location, url, referrer)
            except GatepostError as error:
                self._refused[location] = error
                raise
        return self._sources[location]

    def _location(self, url: str, referrer: Source) -> str:
        """The URL, or the real path, that a reference means."""
        own = referrer.location
        if is_url(own):
            return urljoin(own, url)
        if urlsplit(url).scheme:
            if is_url(url):
                return url
            raise Forbidden(f"{_shown(url)} is neither a file beside the document nor an http(s) URL")
        if not own:
            raise InvalidInput(f"{_shown(url)} cannot be found: the document did not come from a file")
        return os.path.realpath(Path(own).parent / unquote(urlsplit(url).path))

    def _read(self, location: str, url: str, referrer: Source) -> None:
        if is_url(location):
            self.add(location, self._access.texts.get(location) or self._access.fetch(location), location)
            return
        path = Path(location)
        folder = self._access.folder
        if folder is None or not path.is_relative_to(os.path.realpath(folder)):
            raise Forbidden(f"{_shown(url)} leads out of the folder of the document and was not opened")
        name = os.path.normpath(os.path.join(os.path.dirname(referrer.name), unquote(urlsplit(url).path)))
        self.add(name, read_file(path, _shown(url)), location)


def read_file(path: Path, shown: str) -> bytes:
    """The bytes of a file that a document refers to; errors call it `shown`.

    Raises InvalidInput for what is no regular file or has another suffix, NotFound, or TooLarge.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"{shown} was not opened: a document ends in {', '.join(sorted(SUFFIXES))}")
    if path.exists() and not path.is_file():  # a device or a pipe might never end
        raise InvalidInput(f"{shown} is not a file")
    return read_named_file(path, shown)


def read_named_file(path: Path, shown: str) -> bytes:
    """The bytes of a file that the user named, whatever it is. Raises NotFound or TooLarge."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise NotFound(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"{shown} has more than {MAX_DOCUMENT_BYTES // 1024**2} MiB")
    return data


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _shown(reference: str) -> str:
    """A reference as a message quotes it."""
    return repr(reference if len(reference) <= 200 else f"{reference[:200]}...")


def _kind(error: GatepostError) -> str:
    if isinstance(error, Forbidden):
        return "document-outside-ref"
    return "document-remote-ref" if isinstance(error, AddressRefused) else "document-broken-ref"


def _shorten(node: Node) -> None:
    """Makes `target` the end of a chain of references; a chain that never ends leads nowhere."""
    target = node.target
    for _ in range(references.MAX_CHAIN):
        if target is None or target.target is None:
            node.target = target
            return
        target = target.target
    node.target = None
    node.source.faults.append(_fault("document-broken-ref", "this reference leads back to itself", node))


def _fault(kind: str, message: str, node: Node) -> Fault:
    place = node if isinstance(node.value, str) else node.at("$ref")
    return Fault(kind, message, node.source, node.start, place)
