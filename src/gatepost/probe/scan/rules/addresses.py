"""Addresses that a caller names: which names mean one, what the service does with it, and what keeps it in bounds."""

from __future__ import annotations

import enum
import re
from urllib.parse import urlsplit

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.words import words_of
from gatepost.probe.scan.schema import Schema


class Use(enum.Enum):
    """What a service does with an address that it was given."""

    CALL = "calls"
    FETCH = "fetches"
    REDIRECT = "sends the browser to"
    KEEP = "keeps"
    """Stores or shows it: harmless, as far as the name tells."""


_ADDRESS = frozenset({"url", "urls", "uri", "uris", "href"})
_FORMATS = frozenset({"uri", "url", "uri-reference", "iri", "iri-reference", "uri-template"})

_CALLED = frozenset(
    {"callback", "callbacks", "webhook", "webhooks", "hook", "hooks", "notify", "notification", "ping", "postback",
     "ipn", "target", "endpoint", "endpoints", "destination", "proxy", "forward", "upstream", "backend"}
)  # fmt: skip
_FETCHED = frozenset(
    {"image", "images", "avatar", "picture", "photo", "logo", "icon", "thumbnail", "media", "video", "audio", "file",
     "document", "attachment", "import", "fetch", "download", "source", "src", "remote", "feed", "rss", "crawl",
     "scrape", "preview", "jwks", "metadata", "wsdl", "xslt", "stylesheet", "dataset", "manifest", "artifact",
     "package"}
)  # fmt: skip
_REDIRECTED = frozenset({"redirect", "redirects", "return", "continue", "next", "success", "cancel", "failure", "goto"})

_ALONE = {
    "callback": Use.CALL,
    "webhook": Use.CALL,
    "redirect": Use.REDIRECT,
    "redirectto": Use.REDIRECT,
    "returnto": Use.REDIRECT,
    "goto": Use.REDIRECT,
    "relaystate": Use.REDIRECT,
}
"""Names that mean an address although they do not say so."""


def use_of(name: str, schema: Schema, context: str = "") -> Use | None:
    """What is done with the address of that name; None for what is none. `context` is the name of what holds it."""
    words = words_of(name)
    if not says_address(name, schema):
        return _ALONE.get("".join(words))
    return _use((*words, *(words_of(context) if _says_nothing_else(words) else ())))


def says_address(name: str, schema: Schema) -> bool:
    """Whether the name or the format says that the value is an address: `callback` may also name a function."""
    return not _ADDRESS.isdisjoint(words_of(name)) or schema.format in _FORMATS


def _use(words: tuple[str, ...]) -> Use:
    if not _REDIRECTED.isdisjoint(words):
        return Use.REDIRECT
    if not _CALLED.isdisjoint(words):
        return Use.CALL
    return Use.FETCH if not _FETCHED.isdisjoint(words) else Use.KEEP


def _says_nothing_else(words: tuple[str, ...]) -> bool:
    """Whether a name is just `url`: then what holds it says what it is for."""
    return set(words) <= {"url", "urls", "uri", "href", "link", "target", "address"}


# What bounds an address

_HOST = re.compile(r"\^?\(?https\??:(?:\\?/){2}(.*)", re.DOTALL)
_NAME = re.compile(r"[a-z0-9-]+\\?\.[a-z]{2,}", re.IGNORECASE)
_BRACKETS = re.compile(r"\[(?:\\.|[^\]\\])*\]")


def is_allow_listed(schema: Schema) -> bool:
    """Whether only known hosts are valid: by listed values, or by a pattern that begins with a host."""
    if schema.is_fixed:
        return True
    branches = tuple(schema.branches)
    if branches:
        return all(is_allow_listed(branch) for branch in branches)
    pattern = schema.constraint("pattern")
    return pattern is not None and isinstance(pattern.value, str) and names_host(pattern.value)


def names_host(pattern: str) -> bool:
    """Whether a pattern pins the host: `^https://([a-z]+\\.)?example\\.com/` does, `^https?://.+$` does not.

    A path of the own site counts too, unless `//` may follow: browsers take that for another host.
    """
    if pattern.startswith(("^/(?!/)", "^\\/(?!\\/)", "^/[", "^\\/[")):
        return not pattern.startswith(("^/[/", "^/[^", "^\\/[^"))
    match = _HOST.match(pattern)
    if not pattern.startswith("^") or match is None:
        return False
    host = re.split(r"(?<!\[\^)(?<!\[)\\?/", _BRACKETS.sub("", match[1]), maxsplit=1)[0]
    return _NAME.search(host) is not None


def own_host(description: Description) -> str:
    """The host under which the API is served, or an example of one."""
    for server in description.servers:
        host = urlsplit(server.url).hostname if server.url.startswith("http") else None
        if host and "{" not in host and "." in host:
            return host
    return "example.com"


def likely_host(schema: Schema, otherwise: str) -> str:
    """The host that the documented values of an address have, else the other one."""
    for keyword in ("example", "default"):
        value = schema.constraint(keyword)
        host = urlsplit(str(value.value)).hostname if value is not None and _is_address(value.value) else None
        if host:
            return host
    return otherwise


def _is_address(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"https?://[A-Za-z0-9.-]+(?:[:/?#].*)?", value) is not None


def pattern_for(host: str) -> str:
    """A pattern for https addresses of one host."""
    return "^https://" + host.replace(".", "\\.") + "/[A-Za-z0-9._~/?&=%-]*$"


def holder_name(node: Node) -> str:
    """The name of the nearest property or component that a schema is written in."""
    steps = [step for step in node.path if not step.isdigit()]
    names = [
        name
        for before, name in zip(("", *steps), steps, strict=False)
        if before in ("properties", "schemas", "definitions", "parameters")
    ]
    return names[-1] if names else ""
