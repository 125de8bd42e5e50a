"""Where things are kept: one folder or file per engine, each with the same behaviour (`tests/contract`)."""
