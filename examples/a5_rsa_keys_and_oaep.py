r"""An RSA key pair in files, short values by RSA-OAEP, and a message of any size by JWE.

Run (needs `gatepost[server]`; it asks for the passphrase of the private key, or takes it from PASSPHRASE):

    python examples/a5_rsa_keys_and_oaep.py keys              # makes rsa.pem and rsa.pem.pub in the current directory
    printf 'first\nsecond\n' | python examples/a5_rsa_keys_and_oaep.py encrypt > values.txt
    python examples/a5_rsa_keys_and_oaep.py decrypt < values.txt
    python examples/a5_rsa_keys_and_oaep.py seal < letter.txt > letter.jwe
    python examples/a5_rsa_keys_and_oaep.py open < letter.jwe

`gatepost keygen rsa -o rsa.pem` makes the same pair.

Protects: the private key is encrypted with the passphrase (PBKDF2, 600,000 rounds) and its file is for the owner
alone. OAEP with SHA-256 gives another ciphertext each time; everything that is wrong fails in the same way. What does
not fit into RSA (318 bytes for 3,072 bits) goes by JWE: a new AES-256 key for each message, and RSA for that key.

Does not protect: anybody who has the public key can encrypt; who did is not known. Whoever gets the private key reads
everything that was ever encrypted for it. For new systems X25519 is smaller and faster: `gatepost keygen x25519`.
"""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path

from gatepost.clock import SystemClock
from gatepost.crypto.boxes import rsa_oaep
from gatepost.crypto.boxes.jwe import Opener, Sealer
from gatepost.crypto.boxes.jwe_keys import Algorithm
from gatepost.crypto.keys import pem
from gatepost.crypto.keys.pairs import KeyKind, PrivateKey, PublicKey, generate
from gatepost.crypto.secret import Secret
from gatepost.errors import GatepostError

PRIVATE = Path("rsa.pem")
PUBLIC = Path("rsa.pem.pub")
MAX_INPUT_BYTES = 1024 * 1024

clock = SystemClock()


def passphrase() -> Secret[str]:
    return Secret(os.environ.get("PASSPHRASE") or getpass("Passphrase: "))


def make_keys() -> None:
    key = generate(KeyKind.RSA)
    written = pem.dump_private(key, passphrase(), clock)
    with open(PRIVATE, "xb", opener=owner_only) as file:  # x: a private key that is there is not replaced
        file.write(written)
    PUBLIC.write_bytes(pem.dump_public(key.public_key()))
    print(f"made {PRIVATE} and {PUBLIC}; values of up to {rsa_oaep.max_message_bytes(key.public_key())} bytes fit")


def owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def public_key() -> PublicKey:
    return pem.load_public(PUBLIC.read_bytes())


def private_key() -> PrivateKey:
    if PRIVATE.stat().st_mode & 0o077:
        sys.exit(f"others may read {PRIVATE}: chmod 600 {PRIVATE}")
    return pem.load_private(PRIVATE.read_bytes(), passphrase())


def run(verb: str) -> None:
    if verb == "keys":
        make_keys()
        return
    given = sys.stdin.buffer.read(MAX_INPUT_BYTES)
    match verb:
        case "encrypt":
            sys.stdout.write(rsa_oaep.encrypt_lines(given.splitlines(), public_key()))
        case "decrypt":
            for value in rsa_oaep.decrypt_lines(given.decode("ascii"), private_key()):
                print(value.decode())
        case "seal":
            print(Sealer(public_key(), Algorithm.RSA_OAEP_256).seal(given, clock))
        case "open":
            token = given.decode("ascii").strip()
            sys.stdout.buffer.write(Opener(private_key(), Algorithm.RSA_OAEP_256).open(token))


if __name__ == "__main__":
    if sys.argv[1:] not in (["keys"], ["encrypt"], ["decrypt"], ["seal"], ["open"]):
        sys.exit("say: keys, encrypt, decrypt, seal or open")
    try:
        run(sys.argv[1])
    except GatepostError as error:
        sys.exit(f"{error.code}: {error}")
