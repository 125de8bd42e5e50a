"""What the service asks of the system for its own process."""

from __future__ import annotations

import resource


def set_limits() -> None:
    """No core dump, which would have all keys and payloads in it; and as many open files as are allowed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
