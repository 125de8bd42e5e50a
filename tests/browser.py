"""A headless Chromium, driven over pipes by the Chrome DevTools Protocol: no port, no extra package, no network."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER_LIMIT = 30.0
"""Seconds for anything that is awaited; a cold start on a busy machine takes five."""

POLL_S = 0.05

FLAGS = (
    "--headless",
    "--no-sandbox",  # the tests may run as root, and open pages of their own only
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Page:
    """One tab."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._left = b""
        self._number = 0
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.complaints: list[str] = []
        """What the browser's console said: exceptions, and what the content security policy stopped."""
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of the expression once it is true."""
        deadline = time.monotonic() + ANSWER_LIMIT
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"{expression} never came true; {self.complaints[-3:]}"
            time.sleep(POLL_S)
        return value

    def close(self) -> None:
        self._answers.close()

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            data = self._answers.read(65536)
            assert data, "the browser ended"
            self._left += data
        message, _, self._left = self._left.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Log.entryAdded":
            self.complaints.append(event["params"]["entry"]["text"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(event["params"]["exceptionDetails"]))


@contextmanager
def browsing(program: str, scratch: Path) -> Iterator[Page]:
    """A tab of a browser that has never been used before."""
    commands_read, commands_write = os.pipe()  # made first, so that its numbers cannot be in the way below
    answers_read, answers_write = os.pipe()
    profile = scratch / "profile"
    script = f'exec "$@" 3<&{commands_read} 4>&{answers_write}'  # the numbers that Chromium expects
    with (scratch / "browser.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", program, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(commands_read, answers_write),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(commands_read)
    os.close(answers_write)
    try:
        page = Page(commands_write, answers_read)
        yield page
        page.close()
    finally:
        os.close(commands_write)  # the browser ends when nobody can command it any more
        try:
            process.wait(ANSWER_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
