"""Key pairs: made, written to key files, and shown to others.

Which kind for what:

- `x25519` to receive sealed messages and to agree on keys. Small and fast; the usual choice.
- `ed25519` to sign.
- `p256` to receive and to agree, where a rule book (FIPS 140) or the other side asks for it.
- `rsa` to receive, where the other side knows nothing newer. RSA and the curves all fall to a large quantum computer;
  `hybrid` pairs (X-Wing: X25519 together with ML-KEM-768) do not.

`pairs` makes them and says what is refused, `pem` reads and writes key files, `jwk` public keys as JSON.
A pair has one use: a key that signs never opens, and the other way round.
"""
