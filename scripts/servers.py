"""The real servers that the tests talk to.

    .venv/bin/python scripts/servers.py install     what is missing, from the system's packages
    .venv/bin/python scripts/servers.py up          starts what is installed
    .venv/bin/python scripts/servers.py down
    .venv/bin/python scripts/servers.py status      where each one is, or why it is not; --json for programs

They are ours alone: own ports on loopback, own configuration and data in `.servers/`, own certificate authority,
TLS on for each. An instance of the system is never started, stopped or asked. A server is ended by the process id
that was noted when it was started, never by name. Which servers there are is in `server_table.py`.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import trustme

from server_table import HOST, PROGRAMS, SERVERS, Instance, Program, Server

HOME = Path(__file__).resolve().parent.parent / ".servers"
STATE = HOME / "state.json"
START_LIMIT = 15.0
"""Seconds until a server that was started must answer: thirty times what it takes."""
STOP_LIMIT = 10.0
"""Seconds that a server gets to end by itself before it is killed, and to be gone after that."""
POLL = 0.05
"""Seconds between two looks at a server that starts or stops."""


class NotStarted(Exception):
    """A server that was started does not answer."""


def running() -> dict[str, Instance]:
    """What `up` started and still lives, by name."""
    noted = json.loads(STATE.read_text()) if STATE.exists() else []
    instances = (Instance(**entry) for entry in noted)
    return {instance.name: instance for instance in instances if is_alive(instance)}


def why_missing(part: Program) -> str:
    """Why this server or program cannot be used, and the command that would change that."""
    if part.path() is None:
        return f"{part.program} is not installed: .venv/bin/python scripts/servers.py install"
    return "it does not run: .venv/bin/python scripts/servers.py up"


def is_alive(instance: Instance) -> bool:
    """Whether this still is the process that was started: process ids are used again, our directory is not."""
    return instance.directory in command_line(instance.pid)


def command_line(pid: int) -> str:
    """How the process was started; empty when it has ended."""
    if not Path("/proc/self").exists():  # macOS
        question = ["/bin/ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(question, capture_output=True, text=True, check=False).stdout
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def until(condition: Callable[[], bool], limit: float) -> bool:
    """Whether the condition came true within so many seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(POLL)
    return False


@contextmanager
def alone() -> Iterator[None]:
    """One `up` or `down` at a time in one checkout."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    with open(HOME / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def up() -> int:
    installed = [server for server in SERVERS if server.path()]
    with alone():
        if running().keys() != {server.name for server in installed}:
            stop_all()
            start_all(installed)
    return status()


def start_all(servers: Sequence[Server]) -> None:
    make_certificates(HOME / "tls")
    started: list[Instance] = []
    for server in servers:
        try:
            started.append(start(server))
        except NotStarted as error:
            print(error, file=sys.stderr)
        STATE.write_text(json.dumps([asdict(instance) for instance in started], indent=2))


def make_certificates(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    for name, identity in (("server", HOST), ("client", "client@tests.invalid")):
        issued = authority.issue_cert(identity)
        issued.private_key_pem.write_to_path(str(directory / f"{name}.key"))
        issued.cert_chain_pems[0].write_to_path(str(directory / f"{name}.pem"))


def start(server: Server) -> Instance:
    """Raises NotStarted when the server ends at once or does not answer in time."""
    directory = HOME / server.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    instance = Instance(
        name=server.name,
        port=free_port(server.preferred_port),
        directory=str(directory),
        tls=str(HOME / "tls"),
        user="gatepost",
        password=secrets.token_hex(16),
    )
    process = launch(server, instance)
    instance = replace(instance, pid=process.pid)
    until(lambda: process.poll() is not None or answers(server, instance), START_LIMIT)
    if not answers(server, instance):
        stop(instance)
        process.wait(STOP_LIMIT)
        log = (directory / "log").read_text(errors="replace").splitlines()
        raise NotStarted("\n".join([f"{server.name} did not start; the end of its log:", *log[-10:]]))
    return instance


def launch(server: Server, instance: Instance) -> subprocess.Popen[bytes]:
    command = [str(server.path()), *server.configure(instance)]
    with open(Path(instance.directory, "log"), "wb") as log:
        return subprocess.Popen(
            command,
            cwd=instance.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupt at the terminal is meant for the tests
        )


def free_port(preferred: int) -> int:
    """The preferred port of loopback, or any other when that one is taken."""
    with socket.socket() as probe:
        # As servers do it: connections of the last run that still linger do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, preferred))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(server: Server, instance: Instance) -> bool:
    try:
        return server.is_ready(instance)
    except OSError:
        return False


def down() -> int:
    with alone():
        stop_all()
    return 0


def stop_all() -> None:
    for instance in running().values():
        stop(instance)
    STATE.unlink(missing_ok=True)


def stop(instance: Instance) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if is_alive(instance):
            os.kill(instance.pid, number)
            until(lambda: not is_alive(instance), STOP_LIMIT)


def status(as_json: bool = False) -> int:
    """Print where each server is; 0 when none is missing. Passwords stay in the state file."""
    up_now = running()
    places = {name: f"{HOST}:{instance.port}" for name, instance in up_now.items()}
    missing = {server.name: why_missing(server) for server in SERVERS if server.name not in up_now}
    if as_json:
        print(json.dumps({"up": places, "missing": missing}, indent=2))
    else:
        for name, place in places.items():
            print(f"{name:<8} up at {place}")
        for name, reason in missing.items():
            print(f"{name:<8} missing: {reason}")
    return 1 if missing else 0


def install() -> int:
    """With root or a sudo that asks for no password; otherwise says what to install by hand."""
    packages = [part.package for part in (*SERVERS, *PROGRAMS) if part.path() is None]
    if not packages:
        return 0
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt_get = [*may, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    if succeeds([*apt_get, "update"]) and succeeds([*apt_get, "install", "-y", "--no-install-recommends", *packages]):
        return 0
    names = " ".join(packages)
    print(f"not installed: {names}; by hand: apt-get install {names}, or: brew install {names}", file=sys.stderr)
    return 1


def succeeds(command: Sequence[str]) -> bool:
    print("+", *command, flush=True)
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    except OSError as error:
        print(error, file=sys.stderr)
        return False


def main() -> int:
    os.umask(0o077)  # keys and passwords lie in .servers/
    parser = argparse.ArgumentParser(description="The real servers that the tests talk to.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("install", "up", "down"):
        commands.add_parser(name)
    commands.add_parser("status").add_argument("--json", action="store_true")
    words = parser.parse_args()
    if words.command == "status":
        return status(words.json)
    return {"install": install, "up": up, "down": down}[words.command]()


if __name__ == "__main__":
    sys.exit(main())
