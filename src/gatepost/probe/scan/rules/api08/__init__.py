"""API8:2023, security misconfiguration."""
