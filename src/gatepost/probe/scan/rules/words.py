"""The words of a name, however it is written: rules look for words, so that `ids` is not found in `bids`."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

MAX_NAME = 200
"""Characters of a name that are looked at."""


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """`imageURL`, `image_url` and `image-url` are all `("image", "url")`."""
    return tuple(word.lower() for word in _WORD.findall(name[:MAX_NAME]))


def segments_of(path: str) -> tuple[str, ...]:
    """The parts of a path template between slashes, without empty ones."""
    return tuple(segment for segment in path.split("/") if segment)


def is_template(segment: str) -> bool:
    """Whether a caller chooses it: `{id}`, `{id}.json`."""
    return "{" in segment


def literals_of(path: str) -> tuple[str, ...]:
    """The parts of a path template that are always the same."""
    return tuple(segment for segment in segments_of(path) if not is_template(segment))


def squeezed(name: str) -> str:
    """A name as people vary it: `signIn`, `sign-in` and `signin` are all `signin`."""
    return "".join(words_of(name))
