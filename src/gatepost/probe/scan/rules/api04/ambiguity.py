"""Whether a backtracking matcher can be kept busy for ever: exponential ambiguity of an expression.

The expression becomes an automaton whose states are its characters (Glushkov 1961). It is exponentially ambiguous
when a state leads back to itself in two ways by one text (Weber and Seidl, 1991): either the same step is there
twice, as in `(a+)+`, or two different walks go side by side, as in `(a|a)*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.probe.scan.rules.api04.characters import Characters, overlap
from gatepost.probe.scan.rules.api04.expression import Choice, Edge, NotUnderstood, One, Repeat, Sequence, Tree

MAX_STATES = 150
"""Of an automaton that is looked at: pairs of states are walked through, and real patterns are far smaller."""

MANY = 10
"""Repetitions from which on a bounded loop is as bad as one without end."""

MAX_STEPS = 100_000
"""Steps of pairs in one automaton: a tenth of a second."""

COPIES = 2
"""How often a counted part is written out: enough to see whether it can be confused with itself."""


class Fragment:
    """A part of the automaton: where it can begin and end, and whether it can be skipped."""

    __slots__ = ("firsts", "lasts", "skippable")

    def __init__(self, firsts: frozenset[int], lasts: frozenset[int], skippable: bool) -> None:
        self.firsts = firsts
        self.lasts = lasts
        self.skippable = skippable


EMPTY = Fragment(frozenset(), frozenset(), True)


class Automaton:
    """States with what they match, and which follow which. Raises NotUnderstood for one that is too large."""

    def __init__(self, tree: Tree) -> None:
        self.matches: list[Characters] = []
        self.follows: list[set[int]] = []
        self.doubled: set[tuple[int, int]] = set()
        """Steps that can be made in more than one way."""
        self._build(tree)

    def _build(self, tree: Tree) -> Fragment:
        if isinstance(tree, One):
            return self._state(tree.characters)
        if isinstance(tree, Edge):
            return EMPTY
        if isinstance(tree, Sequence):
            return self._sequence(self._build(part) for part in tree.parts)
        if isinstance(tree, Choice):
            options = [self._build(option) for option in tree.options]
            return Fragment(
                frozenset().union(*(each.firsts for each in options)),
                frozenset().union(*(each.lasts for each in options)),
                any(each.skippable for each in options),
            )
        return self._repeat(tree)

    def _state(self, characters: Characters) -> Fragment:
        if len(self.matches) >= MAX_STATES:
            raise NotUnderstood("larger than what is looked at")
        state = frozenset({len(self.matches)})
        self.matches.append(characters)
        self.follows.append(set())
        return Fragment(state, state, False)

    def _sequence(self, fragments: Iterable[Fragment]) -> Fragment:
        whole = EMPTY
        for fragment in fragments:
            self._connect(whole.lasts, fragment.firsts)
            whole = Fragment(
                whole.firsts | fragment.firsts if whole.skippable else whole.firsts,
                whole.lasts | fragment.lasts if fragment.skippable else fragment.lasts,
                whole.skippable and fragment.skippable,
            )
        return whole

    def _repeat(self, tree: Repeat) -> Fragment:
        if tree.most == 0:
            return EMPTY
        copies = [self._build(tree.part) for _ in range(min(tree.least, COPIES))]
        if tree.most is None or tree.most - tree.least > MANY:
            loop = copies.pop() if copies else _optional(self._build(tree.part))
            self._connect(loop.lasts, loop.firsts)
            copies.append(loop)
        else:
            copies.extend(_optional(self._build(tree.part)) for _ in range(min(tree.most - tree.least, COPIES)))
        return self._sequence(copies)

    def _connect(self, lasts: frozenset[int], firsts: frozenset[int]) -> None:
        for last in lasts:
            self.doubled.update((last, first) for first in firsts if first in self.follows[last])
            self.follows[last] |= firsts


def _optional(fragment: Fragment) -> Fragment:
    return Fragment(fragment.firsts, fragment.lasts, True)


def is_exponential(tree: Tree) -> bool:
    """Whether some text makes a backtracking matcher try exponentially many ways. Raises NotUnderstood."""
    automaton = Automaton(tree)
    if any(last in _reachable(automaton, first) for last, first in automaton.doubled):
        return True
    walks = _Walks(automaton)
    return any(walks.split(state) for state in range(len(automaton.matches)) if _is_in_loop(automaton, state))


def _reachable(automaton: Automaton, start: int) -> set[int]:
    """The states that can be come to from a state, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        new = automaton.follows[waiting.pop()] - seen
        seen |= new
        waiting.extend(new)
    return seen


def _is_in_loop(automaton: Automaton, state: int) -> bool:
    return any(state in _reachable(automaton, following) for following in automaton.follows[state])


class _Walks:
    """Two walks side by side through an automaton, by the same text."""

    def __init__(self, automaton: Automaton) -> None:
        self._follows = automaton.follows
        self._matches = automaton.matches
        self._steps_left = MAX_STEPS

    def split(self, state: int) -> bool:
        """Whether two walks part at `state`, and meet there again."""
        waiting = [(one, other) for one, other in self._steps(state, state) if one < other]
        seen = set(waiting)
        while waiting:
            for pair in self._steps(*waiting.pop()):
                if pair == (state, state):
                    return True
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        return False

    def _steps(self, one: int, other: int) -> Iterator[tuple[int, int]]:
        for following in self._follows[one]:
            for beside in self._follows[other]:
                self._steps_left -= 1
                if self._steps_left < 0:
                    raise NotUnderstood("more work than it is worth")
                if overlap(self._matches[following], self._matches[beside]):
                    yield following, beside
