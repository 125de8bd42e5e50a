"""Where an API is reached, in the words of any version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.reading.versions import Version

_VARIABLE = re.compile(r"\{([^{}]*)\}")


class Server(Struct, frozen=True):
    """One address. `place` is the node that decides about its scheme: the `url`, or the item of `schemes`."""

    url: str
    """As it is written, with the defaults of its variables put in."""
    place: Node
    node: Node
    """The server object; in 2.0 the whole document."""

    @property
    def description(self) -> str:
        return self.node.text("description")


def servers_of(node: Node, version: Version) -> tuple[Server, ...]:
    """The servers that a document, path item or operation names by itself."""
    return tuple(_from_servers(node) if version.servers else _from_schemes(node))


def _from_servers(node: Node) -> Iterator[Server]:
    servers = node.get("servers")
    for item in servers.items() if servers is not None else ():
        url = item.get("url")
        if url is not None and isinstance(url.value, str):
            yield Server(_filled(url.value, item), url, item.resolved)


def _filled(url: str, server: Node) -> str:
    """In one pass: defaults that name variables again would let a URL of a few lines grow without end."""
    return _VARIABLE.sub(lambda match: server.text("variables", match[1], "default", default=match[0]), url)


def _from_schemes(node: Node) -> Iterator[Server]:
    schemes = node.get("schemes")
    rest = f"{node.text('host')}{node.text('basePath')}"
    for item in schemes.items() if schemes is not None else ():
        if isinstance(item.value, str):
            yield Server(f"{item.value}://{rest}", item, node)
