"""Reads the vectors that pyca/cryptography publishes: the package cryptography-vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cryptography_vectors
import msgspec

ROOT = Path(cryptography_vectors.__file__).parent


def json_vectors(name: str) -> Any:
    return msgspec.json.decode((ROOT / name).read_bytes())


def counted_vectors(name: str) -> list[dict[str, str]]:
    """Blocks of `name = value`, each led by a line `COUNT = n`."""
    vectors: list[dict[str, str]] = []
    for line in (ROOT / name).read_text().splitlines():
        field, separator, value = line.partition("=")
        if field.strip() == "COUNT":
            vectors.append({})
        elif separator and not line.startswith("#"):
            vectors[-1][field.strip()] = value.strip()
    return vectors
