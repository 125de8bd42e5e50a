"""Collects reference cycles between requests instead of in the middle of them.

Python looks for cycles each time some hundred objects more were made than freed: under load many times a second, and
now and then through everything there is. Here it looks at what is young once a second, and at everything once a minute.
"""

from __future__ import annotations

import asyncio
import gc

YOUNG_EVERY_S = 1.0
"""Seconds of new objects to look through: at full load about a millisecond."""

ALL_EVERY = 60
"""Rounds between two looks through everything that was made since the start."""


async def collect_for_ever() -> None:
    """Runs until it is cancelled, and then leaves collecting to Python again."""
    gc.collect()
    gc.freeze()  # modules and tables stay for ever: nobody needs to look through them again
    gc.disable()
    try:
        while True:
            for _ in range(ALL_EVERY):
                await asyncio.sleep(YOUNG_EVERY_S)
                gc.collect(0)
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
