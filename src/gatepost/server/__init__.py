"""Wires everything into a running service."""
