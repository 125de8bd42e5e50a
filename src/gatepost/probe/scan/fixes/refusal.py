"""Why a change is not made."""

from __future__ import annotations


class NotEditable(Exception):
    """A change that cannot be written without touching something else; the message says why."""


class Conflicting(Exception):
    """A change that an earlier one does not leave room for; it may fit once that one is made."""
