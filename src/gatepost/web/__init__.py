"""Doorways: each turns one kind of server's request into the gate's, and the decision back. Translation only."""

from __future__ import annotations
