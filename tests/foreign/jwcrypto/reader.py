"""Seals and opens JWE with jwcrypto, as asked on stdin in JSON; the answer goes to stdout in JSON."""

from __future__ import annotations

import json
import sys

from jwcrypto.jwe import JWE  # type: ignore[import-untyped]
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]


def sealed(algorithm: str, key: dict[str, str], message: str) -> str:
    header = json.dumps({"alg": algorithm, "enc": "A256GCM", "kid": key["kid"]})
    token: str = JWE(message.encode(), header, recipient=JWK(**key)).serialize(compact=True)
    return token


def opened(algorithm: str, key: dict[str, str], token: str) -> str:
    read = JWE(algs=[algorithm, "A256GCM"])
    read.deserialize(token, JWK(**key))
    message: bytes = read.payload
    return message.decode()


asked = json.load(sys.stdin)
answer = {
    "sealed": [sealed(**each) for each in asked["seal"]],
    "opened": [opened(**each) for each in asked["open"]],
}
json.dump(answer, sys.stdout)
