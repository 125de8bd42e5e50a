"""Finds what is unsafe in an OpenAPI document."""
