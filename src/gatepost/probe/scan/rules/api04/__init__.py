"""API4:2023, unrestricted resource consumption: how often, how much, how long."""
