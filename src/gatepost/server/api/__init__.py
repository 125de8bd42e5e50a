"""HTTP API v1: one file per resource, and every route with its policy in its file's `OPERATIONS`."""
