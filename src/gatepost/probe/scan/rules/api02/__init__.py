"""API2:2023, broken authentication: who is calling is not, or not well, established."""
