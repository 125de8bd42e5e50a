"""Every example runs, and says what it protects and what it does not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import httpx
import pytest

import servers
from gatepost import Client
from gatepost.clock import SystemClock
from gatepost.crypto.secret import Secret
from gatepost.crypto.webhook_signatures import new_hmac_key
from tests.browser import browsing
from tests.e2e.service_process import ServiceProcess, running, wait_for

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(EXAMPLES.glob("*.py"))


class Credentials(TypedDict):
    url: str
    api_key: str


@pytest.fixture
def running_service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with running(tmp_path) as service:
        yield service


@contextmanager
def started(name: str, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """One example, ended by Ctrl-C if it does not end by itself."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / name), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | variables,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def output(name: str, *arguments: str, **variables: str) -> str:
    with started(name, *arguments, **variables) as process:
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    return out


def credentials(service: ServiceProcess) -> Credentials:
    api = service.api
    return {"url": f"http://127.0.0.1:{api.port}", "api_key": api.key}


def variables_of(service: ServiceProcess) -> dict[str, str]:
    given = credentials(service)
    return {"GATEPOST_URL": given["url"], "GATEPOST_API_KEY": given["api_key"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_head_says_how_to_run_it_and_what_it_protects(file: Path) -> None:
    head = file.read_text().split('"""')[1]
    for part in ("\nRun", "\nProtects: ", "\nDoes not protect: "):
        assert part in head


def test_the_readme_lists_every_example() -> None:
    listed = re.findall(r"\]\(([a-z0-9_]+\.py)\)", (EXAMPLES / "README.md").read_text())
    assert listed == [file.name for file in FILES]


def test_a1_rest_server_and_client() -> None:
    out = output("a1_rest_server_and_client.py")
    statuses = re.findall(r"^.{13} (\d{3}) ", out, re.MULTILINE)
    assert statuses == ["201", "200", "200", "200", "422", "400", "413", "405", "204", "204", "404"]
    assert re.findall(r'"pointer": "(/[a-z]+)"', out) == ["/price", "/title", "/pages"]
    assert "ConnectError" in out


def test_a1_send(running_service: ServiceProcess) -> None:
    out = output("a1_send.py", **variables_of(running_service))
    assert "durability group" in out
    assert "1000 of 1000 accepted" in out
    assert "refused: /topic" in out
    assert "of type order." in out


def test_a1_webhook_receiver(running_service: ServiceProcess) -> None:
    secret = new_hmac_key(SystemClock())
    with (
        started("a1_webhook_receiver.py", WEBHOOK_SECRET=secret, PORT="0") as receiver,
        Client(**credentials(running_service)) as client,
    ):
        url = next_line(receiver).removeprefix("listening on ")
        client.create_endpoint(url, topics=["orders"], secret=Secret(secret))
        sent = client.send("orders", "order.paid", {"n": 1})
        assert next_line(receiver) == f"{sent.id}  orders  order.paid  {{'n': 1}}"
        client.create_endpoint(url, topics=["forged"])  # signs with another secret
        forged = client.send("forged", "order.paid", {"n": 2})
        assert next_line(receiver).startswith("refused: ")
        (attempt,) = wait_for(lambda: client.notification(forged.id).deliveries[0].attempts, 10)
        assert attempt.status == 401


def test_a1_webhook_receiver_needs_a_secret() -> None:
    with started("a1_webhook_receiver.py", WEBHOOK_SECRET="") as receiver:
        out, _ = receiver.communicate(timeout=20)
    assert receiver.returncode == 1
    assert "set WEBHOOK_SECRET" in out


def test_a1_sse_client_keeps_its_place(running_service: ServiceProcess, tmp_path: Path) -> None:
    variables = variables_of(running_service) | {"POSITION_FILE": str(tmp_path / "position")}
    with Client(**credentials(running_service)) as client:
        with started("a1_sse_client.py", **variables) as listener:
            assert next_line(listener) == "listening to orders.*"
            client.send("orders.eu", "order.paid", {"n": 1})
            assert next_line(listener).endswith("  orders.eu  order.paid  {'n': 1}")
            wait_for((tmp_path / "position").exists, 10)
        assert listener.returncode == 0
        client.send("orders.eu", "order.paid", {"n": 2})
        with started("a1_sse_client.py", **variables) as again:
            next_line(again)
            assert next_line(again).endswith("{'n': 2}")


def test_a1_browser_page(chromium: str, tmp_path: Path) -> None:
    port = servers.free_port(9100)
    with (
        running(tmp_path, stream_origins=f"http://127.0.0.1:{port}") as service,
        Client(**credentials(service)) as client,
        started("a1_browser_page.py", PORT=str(port), **variables_of(service)) as backend,
        browsing(chromium, tmp_path) as page,
    ):
        page.open(next_line(backend).removeprefix("open "))
        page.wait_for("document.getElementById('state')?.textContent === 'live'")
        client.send("orders.eu", "order.paid", {"markup": "<img src=x onerror=document.title=1>"})
        assert page.wait_for("orders.firstChild?.textContent") == (
            'orders.eu order.paid {"markup":"<img src=x onerror=document.title=1>"}'
        )
        assert page.complaints == []
        page.evaluate("document.head.appendChild(document.createElement('script')).append('document.title = 1')")
        assert page.evaluate("document.title") == "Live orders"
        assert page.evaluate("fetch('https://example.com').catch(() => 'refused')") == "refused"
        assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_a1_browser_page_gives_tokens_to_itself_alone(running_service: ServiceProcess) -> None:
    with started("a1_browser_page.py", PORT="0", **variables_of(running_service)) as backend:
        url = next_line(backend).removeprefix("open ").rstrip("/")
        assert httpx.post(f"{url}/token", headers={"Origin": "http://127.0.0.1:1"}).status_code == 403
        assert httpx.post(f"{url}/token").status_code == 403
        made = httpx.post(f"{url}/token", headers={"Origin": url}).json()
        assert "&token=gps_" in made["stream"]
        assert httpx.get(f"{url}/missing").status_code == 404


def test_a1_websocket_client(running_service: ServiceProcess) -> None:
    running_service.settings["port"] = str(running_service.port)  # kept over the restart
    with (
        started("a1_websocket_client.py", "orders.*", "invoices", **variables_of(running_service)) as listener,
        Client(**credentials(running_service)) as client,
    ):
        assert [next_line(listener), next_line(listener)] == ["listening to orders.*", "listening to invoices"]
        client.send("invoices", "invoice.sent", {"n": 1})
        assert next_line(listener) == "invoices: invoices  invoice.sent  {'n': 1}"
        running_service.kill()
        running_service.start()
        client.send("orders.eu", "order.paid", {"n": 2})  # most likely before the listener is back
        came = [next_line(listener)]
        while not came[-1].startswith("orders.*: "):
            came.append(next_line(listener))
        assert came[-1] == "orders.*: orders.eu  order.paid  {'n': 2}"
        assert not any("missing" in line for line in came)
    assert listener.returncode == 0


def test_a1_websocket_client_gives_up_when_its_key_is_refused(running_service: ServiceProcess) -> None:
    variables = variables_of(running_service) | {"GATEPOST_API_KEY": "gp_live_wrong"}
    with started("a1_websocket_client.py", **variables) as listener:
        out, _ = listener.communicate(timeout=20)
    assert (listener.returncode, "refused: " in out) == (1, True)


@pytest.mark.parametrize("arguments", [("--running",), ()], ids=["a running service", "its own service"])
def test_a2_million(running_service: ServiceProcess, arguments: tuple[str, ...]) -> None:
    variables = variables_of(running_service) if arguments else {}
    out = output("a2_million.py", "--notifications", "2500", *arguments, **variables)
    rows = dict(re.findall(r"^([a-z ]+?)  +(\S.*)$", out, re.MULTILINE))
    assert (rows["accepted"], rows["delivered"], rows["lost"], rows["came twice"]) == ("2,500", "2,500", "0", "0")
    assert ("on disk" in rows) is not bool(arguments)


def test_a3_hash_passwords() -> None:
    out = output("a3_hash_passwords.py")
    logins = re.findall(r"^(ada|bob|eve): (\w+)$", out, re.MULTILINE)
    assert [verdict for _, verdict in logins] == ["welcome", "refused", "welcome", "welcome", "refused"]
    assert out.count("was made anew") == 1
    assert "stored for bob: $argon2id$" in out
    assert "not computed: " in out


def test_a4_aes_passphrase(tmp_path: Path) -> None:
    example, passphrase = "a4_aes_passphrase.py", "correct horse battery staple"
    plain, sealed, opened = (str(tmp_path / name) for name in ("plain", "sealed", "opened"))
    Path(plain).write_bytes(b"a secret line\n" * 20_000)
    output(example, "seal", plain, sealed, PASSPHRASE=passphrase)
    assert b"secret line" not in Path(sealed).read_bytes()
    with started(example, "open", sealed, opened, PASSPHRASE=passphrase + "!") as wrong:
        out, _ = wrong.communicate(timeout=20)
    assert (wrong.returncode, out.startswith("seal-broken: "), Path(opened).exists()) == (1, True, False)
    output(example, "open", sealed, opened, PASSPHRASE=passphrase)
    assert Path(opened).read_bytes() == Path(plain).read_bytes()
    Path(plain).write_bytes(bytes.fromhex("000102030405060708090a0b0c0d0e0f25ff9379a1"))
    assert "nobody can tell" in output(example, "open-cfb8", plain, opened, PASSPHRASE="hunter2")
    assert Path(opened).read_bytes() == b"hello"


def test_a5_rsa_keys_and_oaep(tmp_path: Path) -> None:
    def run(verb: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, str(EXAMPLES / "a5_rsa_keys_and_oaep.py"), verb]
        variables = os.environ | {"PASSPHRASE": "correct horse battery staple"}
        return subprocess.run(command, input=given, capture_output=True, cwd=tmp_path, env=variables, check=False)

    assert b"318 bytes fit" in run("keys").stdout
    assert (tmp_path / "rsa.pem").stat().st_mode & 0o777 == 0o600
    assert run("keys").returncode == 1  # the pair that is there is not replaced
    values = run("encrypt", b"first\nsecond\n").stdout
    assert len(values.splitlines()) == 2
    assert run("decrypt", values).stdout == b"first\nsecond\n"
    assert b"takes 318 bytes" in run("encrypt", b"x" * 319).stderr
    letter = b"Dear customer,\n" * 1000
    token = run("seal", letter).stdout
    assert run("open", token).stdout == letter
    assert run("open", token.swapcase()).stderr.startswith(b"seal-broken: ")
    (tmp_path / "rsa.pem").chmod(0o644)
    assert b"chmod 600 rsa.pem" in run("decrypt", values).stderr


def test_b16_scan_and_fix() -> None:
    with started("b16_scan_and_fix.py") as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert re.findall(r"Score +(\d+)", out)[-1] == "100"
    assert re.findall(r"exit code (\d)", out) == ["1", "1", "1", "0"]
    assert "fixed 2 of 3 findings: shop.yaml (2 edits)" in out
    assert "+  - url: https://shop.example.com      # behind the balancer" in out


def test_b12_hash_secrets_seal_db_credentials() -> None:
    out = output("b12_hash_secrets_seal_db_credentials.py")
    assert re.findall("ada's password: (.+)", out) == ["right", "wrong"]
    assert "the API key belongs to: ada, another to: None" in out
    assert "as it prints: Secret(***)\nand as it is: True" in out
    assert "by key 1 before, by key 2 now\nand still what it was: True" in out
    assert re.findall(r"refused \((.+)\)", out) == ["seal-broken", "key-unavailable", "seal-broken"]
    assert "must not" not in out
    assert re.search(r"secrets found in \d+ bytes of files: 0$", out, re.MULTILINE)


def test_c1_uwsgi_server_and_client() -> None:
    out = output("c1_uwsgi_server_and_client.py")
    statuses = re.findall(r"^.{13} (\d{3}) ", out, re.MULTILINE)
    assert statuses == ["201", "201", "200", "400", "422", "413", "405", "404"]
    assert '["buy stamps", "post the letter"]' in out
    assert "nobody there  ConnectionError" in out


def test_c3_shared_key_client_server() -> None:
    out = output("c3_shared_key_client_server.py", SHARED_KEY="c2hhcmVkIGtleSBvZiAzMiBieXRlcywgbm90IHJhbmQ=")
    assert out.count("the answer is {'card': '1111', 'paid': '19.90'}") == 2
    assert re.findall("can be read on the way: (yes|no)", out) == ["yes", "no"]
    assert re.findall(r"^  [^:]+: (\d{3}) ", out, re.MULTILINE) == ["409", "400", "400", "400"]


def test_c3_shared_key_client_server_needs_a_real_key() -> None:
    with started("c3_shared_key_client_server.py", SHARED_KEY="hunter2") as example:
        out, _ = example.communicate(timeout=30)
    assert example.returncode == 1
    assert "32 random bytes" in out


def test_c4_key_agreement() -> None:
    out = output("c4_key_agreement.py")
    assert re.findall("bob hears: (.+)", out) == ["meet me at the post office", "bring the stamps"]
    assert re.findall(r"refused \((.+)\)", out) == ["invalid-signature", "seal-broken", "seal-broken"]
    assert "must not" not in out
    assert "the words are not among them" in out


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
