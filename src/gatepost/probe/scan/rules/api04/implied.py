"""Bounds that a document implies: by a format, by a pattern, or by the examples that it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.probe.scan.reading.node import Node
from gatepost.probe.scan.rules.api04.patterns import known
from gatepost.probe.scan.rules.kinds import format_of
from gatepost.probe.scan.schema import Schema

LENGTHS = {
    "uuid": 36,
    "date": 10,
    "date-time": 35,
    "time": 24,
    "ipv4": 15,
    "ipv6": 45,
    "email": 254,
    "idn-email": 254,
    "hostname": 253,
    "idn-hostname": 253,
    "uri": 2048,
    "url": 2048,
    "uri-reference": 2048,
    "iri": 2048,
    "password": 128,
    "phone": 16,
}
"""Characters that a value of a format has at most (RFC 9562, 3339 with nanoseconds, 4291, 5321, 1035; E.164).

2048 is what every browser and proxy carries in a URL; of 128 characters no password manager makes more.
"""

INTEGERS = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}

SHORTEST_BOUND = 64
"""Characters that a bound from examples leaves at least: an example shows one value, and others are longer."""

ROOM = 4
"""How many times as long as the longest example a value may be."""

HEADROOM_DIGITS = 2
"""Digits more than the greatest example has."""


def examples(schema: Schema) -> Iterator[Node]:
    """Values that the document gives for a schema: its examples and default, and those of its parameter."""
    holders = [each.node for each in schema.whole]
    if schema.node.key == "schema" and schema.node.parent is not None:
        holders.append(schema.node.parent)
    for holder in holders:
        for keyword in ("example", "default"):
            if (found := holder.at(keyword)) is not None:
                yield found
        several = holder.at("examples")
        if several is not None:
            yield from several.items()
            yield from (value for _, named in several.entries() if (value := named.get("value")) is not None)


def length(schema: Schema) -> int | None:
    """How long a string can be, as far as the document says so."""
    pattern = schema.constraint("pattern")
    matched = known(pattern.value).longest if pattern is not None and isinstance(pattern.value, str) else None
    if matched:
        return matched
    if format_of(schema) in LENGTHS:
        return LENGTHS[format_of(schema)]
    lengths = [len(each.value) for each in examples(schema) if isinstance(each.value, str)]
    return max(SHORTEST_BOUND, _power_of_two(ROOM * max(lengths))) if lengths else None


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length() if number > 0 else 1


def characters(schema: Schema) -> str | None:
    """A pattern of the characters that occur in the examples, by class; None where there are no examples."""
    texts = "".join(each.value for each in examples(schema) if isinstance(each.value, str))
    if not texts:
        return None
    classes = ["A-Za-z" if re.search("[A-Za-z]", texts) else "", "0-9" if re.search("[0-9]", texts) else ""]
    others = sorted({character for character in texts if not (character.isascii() and character.isalnum())})
    escaped = "".join(f"\\{character}" if character in r"\]^-[" else character for character in others)
    return f"^[{''.join(classes)}{escaped}]*$"


def extent(schema: Schema) -> tuple[int | float, int | float] | None:
    """The least and the greatest number, as far as the document says so."""
    if format_of(schema) in INTEGERS:
        return INTEGERS[format_of(schema)]
    numbers = [each.numeric for each in examples(schema) if each.numeric is not None]
    if not numbers:
        return None
    greatest = 10 ** (len(str(int(max(map(abs, numbers))))) + HEADROOM_DIGITS)
    return (0 if min(numbers) >= 0 else -greatest), greatest


def size(schema: Schema) -> int | None:
    """How many elements an array has in the examples, with room; None where there are none."""
    sizes = [len(each.value) for each in examples(schema) if isinstance(each.value, list)]
    return max(SHORTEST_BOUND, _power_of_two(ROOM * max(sizes))) if sizes else None
