"""API3:2023, broken object property level authorization: what is shown and what can be set, property by property."""
