"""Boxes: what only the owner of a private key opens, sealed by anybody who has the public key.

What to use:

- `recipient.Recipient` and `recipient.Owner` for files and streams of any size (with `seals.stream`).
- `hpke` for messages between services that both run Gatepost: small, bound to a context, and with a `hybrid` pair
  closed to quantum computers too.
- `jwe` for messages to and from other software: every language reads JWE. It also seals under a shared key.
- `rsa_oaep` for a short value (a password, a key) to somebody who has an RSA key and nothing newer.

A box does not say who sealed it: anybody can. Where that matters, sign what is inside (`signatures`), or seal under a
key that both sides share.
"""
