"""Two sides that never met agree on a key over an open line: by Diffie-Hellman (ECDH), and by RSA.

Run (needs `gatepost[server]`):

    python examples/c4_key_agreement.py

Protects: with ECDH each side makes a new pair for one conversation and forgets it: who records everything and steals
the long-lived keys later still cannot read it. Each signs its new public key, so that nobody can put one of their own
in its place. With RSA one side chooses the key and sends it to the other's long-lived pair. Whoever listens has seen
every byte that was sent and knows neither key.

Does not protect: signatures and RSA are worth as much as the way in which the long-lived public keys were learnt:
compare fingerprints by another channel, once. What RSA carried is readable for whoever gets the RSA key later. Both
fall to a large quantum computer; hybrid boxes (`gatepost.crypto.keys.hybrid`) do not.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gatepost.clock import SystemClock
from gatepost.crypto.agreement import agreed_key
from gatepost.crypto.boxes import rsa_oaep
from gatepost.crypto.keys import jwk, pem
from gatepost.crypto.keys.pairs import KeyKind, generate
from gatepost.crypto.seals.message import SealKey, context
from gatepost.crypto.signatures import SigningKey, VerifyKey
from gatepost.errors import GatepostError

KEY_OFFER = context("chat", "key offer")
CONVERSATION = context("chat", "2026-11-22")

clock = SystemClock()
wire: list[bytes] = []  # everything that was sent, as somebody who listens has it


class Side:
    """One of the two, with a long-lived key that the other knows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.identity = generate(KeyKind.ED25519)
        self.pair = generate(KeyKind.X25519)  # for this conversation only
        self.key: SealKey | None = None

    @property
    def public_identity(self) -> Ed25519PublicKey:
        assert isinstance(self.identity, Ed25519PrivateKey)
        return self.identity.public_key()

    def offer(self) -> tuple[bytes, bytes]:
        """The public key of this conversation, and who says so."""
        public = pem.dump_public(self.pair.public_key())
        signature = SigningKey(self.identity).sign(public, KEY_OFFER)
        wire.extend([public, signature])
        return public, signature

    def accept(self, offer: tuple[bytes, bytes], identity: Ed25519PublicKey) -> None:
        public, signature = offer
        VerifyKey(identity).verify(signature, public, KEY_OFFER)  # first: a swapped key is a listener in the middle
        self.key = SealKey(1, agreed_key(self.pair, pem.load_public(public), CONVERSATION))
        self.pair = generate(KeyKind.X25519)  # the old one is forgotten

    def say(self, text: str) -> bytes:
        assert self.key is not None
        sealed = self.key.seal(text.encode(), context(CONVERSATION, self.name), clock)
        wire.append(sealed)
        return sealed

    def hear(self, sealed: bytes, speaker: str) -> str:
        assert self.key is not None
        return self.key.open(sealed, context(CONVERSATION, speaker)).decode()


def by_diffie_hellman() -> None:
    alice, bob, mallory = Side("alice"), Side("bob"), Side("mallory")
    print(f"alice reads to bob over the telephone: {jwk.thumbprint(alice.public_identity)}")
    from_alice, from_bob = alice.offer(), bob.offer()
    alice.accept(from_bob, bob.public_identity)
    bob.accept(from_alice, alice.public_identity)
    said = alice.say("meet me at the post office")
    print(f"ECDH: bob hears: {bob.hear(said, 'alice')}")
    attempt("mallory offers a key as bob", lambda: alice.accept(mallory.offer(), bob.public_identity))
    attempt("alice's words as bob's", lambda: bob.hear(said, "bob"))


def by_rsa() -> None:
    bob = generate(KeyKind.RSA)  # long-lived; its public key is in alice's hands
    chosen = clock.random_bytes(32)
    carried = rsa_oaep.encrypt(chosen, bob.public_key())
    said = SealKey(1, chosen).seal(b"bring the stamps", CONVERSATION, clock)
    wire.extend([carried, said])
    key = SealKey(1, rsa_oaep.decrypt(carried, bob))
    print(f"RSA: bob hears: {key.open(said, CONVERSATION).decode()}")
    attempt("somebody else's RSA key", lambda: rsa_oaep.decrypt(carried, generate(KeyKind.RSA)))


def attempt(what: str, action: object) -> None:
    assert callable(action)
    try:
        action()
        print(f"  {what}: it worked, which it must not")
    except GatepostError as error:
        print(f"  {what}: refused ({error.code})")


def main() -> None:
    by_diffie_hellman()
    by_rsa()
    everything = b"".join(wire)
    readable = b"post office" in everything or b"stamps" in everything
    print(f"{len(everything)} bytes were overheard; the words are {'' if readable else 'not '}among them")


if __name__ == "__main__":
    main()
