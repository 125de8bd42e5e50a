"""What Gatepost seals as JWE, jose and jwcrypto open, and the other way round."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from foreign_readers import READERS, Reader
from gatepost.clock import SystemClock
from gatepost.crypto.boxes.jwe import Opener, Sealer
from gatepost.crypto.boxes.jwe_keys import Algorithm
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.pairs import KeyKind, PrivateKey, PublicKey, generate
from tests.foreign.private_jwk import private_jwk
from tests.real_servers import NOT_TESTED, is_required

MESSAGES = ["Grüße aus dem Postamt", "x" * 100_000]
"""None is empty: jwcrypto 1.5.7 opens that and then says that it failed."""

READ_LIMIT_S = 50
"""Seconds for all of them; it takes one."""


class Case(NamedTuple):
    """An algorithm with a key for it: both sides of it, or a shared one."""

    algorithm: Algorithm
    public: PublicKey | bytes
    private: PrivateKey | bytes

    def asked(self, key: PublicKey | PrivateKey | bytes, **more: str) -> dict[str, Any]:
        shown = jwk.members(key) if isinstance(key, PublicKey) else private_jwk(key)
        return {"algorithm": self.algorithm, "key": {**shown, "kid": "2026"}, **more}


def cases() -> list[Case]:
    shared = SystemClock().random_bytes(32)
    pairs = [
        (Algorithm.ECDH_ES, KeyKind.X25519),
        (Algorithm.ECDH_ES_A256KW, KeyKind.X25519),
        (Algorithm.ECDH_ES, KeyKind.P256),
        (Algorithm.ECDH_ES_A256KW, KeyKind.P256),
        (Algorithm.RSA_OAEP_256, KeyKind.RSA),
    ]
    made = [(algorithm, generate(kind)) for algorithm, kind in pairs]
    return [
        Case(Algorithm.DIR, shared, shared),
        Case(Algorithm.A256KW, shared, shared),
        *(Case(algorithm, key.public_key(), key) for algorithm, key in made),
    ]


@pytest.fixture(params=READERS, ids=lambda reader: reader.name)
def reader(request: pytest.FixtureRequest) -> Sequence[str]:
    """How the program is run."""
    asked_for: Reader = request.param
    command = asked_for.run_command()
    if command is None:
        reason = f"{NOT_TESTED}{asked_for.name} ({asked_for.why_missing()})"
        (pytest.fail if is_required(asked_for.name) else pytest.skip)(reason)
    return command


def ask(reader: Sequence[str], *, seal: list[dict[str, Any]], open: list[dict[str, Any]]) -> Any:
    question = json.dumps({"seal": seal, "open": open})
    done = subprocess.run(
        reader, input=question, capture_output=True, encoding="utf-8", check=False, timeout=READ_LIMIT_S
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_jwe_goes_both_ways(reader: Sequence[str]) -> None:
    tried = [(case, message) for case in cases() for message in MESSAGES]
    tokens = [Sealer(case.public, case.algorithm, "2026").seal(text.encode(), SystemClock()) for case, text in tried]
    answer = ask(
        reader,
        seal=[case.asked(case.public, message=text) for case, text in tried],
        open=[case.asked(case.private, token=token) for (case, _), token in zip(tried, tokens, strict=True)],
    )
    assert answer["opened"] == [text for _, text in tried]
    for (case, text), token in zip(tried, answer["sealed"], strict=True):
        assert Opener(case.private, case.algorithm, "2026").open(token).decode() == text
