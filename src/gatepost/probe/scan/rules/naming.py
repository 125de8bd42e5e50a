"""Names compared with what people call a thing: `cardNumber`, `card_number` and `Card-Number` are the same."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.words import words_of


class Vocabulary:
    """Phrases written as plain words, such as `card number`."""

    def __init__(self, *phrases: str) -> None:
        self._phrases = frozenset(tuple(phrase.split()) for phrase in phrases)
        self._run_together = {"".join(phrase): " ".join(phrase) for phrase in self._phrases}
        self._longest = max(len(phrase) for phrase in self._phrases)

    def ending(self, name: str) -> str:
        """The longest phrase that a name ends with, or nothing; `userPassword` ends with `password`."""
        found = words_of(name)
        for length in range(min(self._longest, len(found)), 0, -1):
            if found[-length:] in self._phrases:
                return " ".join(found[-length:])
        return self._run_together.get("".join(found), "")

    def within(self, name: str) -> bool:
        """Whether a phrase stands anywhere in a name."""
        found = words_of(name)
        return self.names(name) or any(
            found[start : start + length] in self._phrases
            for length in range(1, self._longest + 1)
            for start in range(len(found) - length + 1)
        )

    def names(self, name: str) -> bool:
        """Whether a name is one of the phrases and nothing else."""
        return "".join(words_of(name)) in self._run_together


def about(operation: Operation) -> str:
    """Path, id and summary in one text: what the operation is for."""
    return f"{operation.path} {operation.node.text('operationId')} {operation.node.text('summary')}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Names in a sentence: `a, b and 4 more`."""
    every = list(dict.fromkeys(names))
    shown = every if len(every) <= most + 1 else every[:most]
    rest = [] if len(shown) == len(every) else [f"{len(every) - most} more"]
    *front, last = (*shown, *rest)
    return f"{', '.join(front)} and {last}" if front else last
