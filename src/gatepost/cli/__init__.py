"""The command line: one file per command, each of which imports its subject only when it is run."""
