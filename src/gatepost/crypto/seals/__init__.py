"""Seals: what may be read only with a key, and cannot be changed without anybody noticing.

What to use:

- `message.SealKey` for a value that is kept or sent as a whole: a database cell, a credential, a payload.
- `gatepost.crypto.keyring.Keyring` for the same under keys that are rotated: the value names the key that seals it.
- `stream.seal` and `stream.SealedStream` for anything that may not fit into memory, and for files. What opens it is a
  `stream.SharedKey`, a `passphrase.Passphrase`, a `ring_key.RingKey`, or whatever else gives a key of 32 bytes.
- `gatepost.crypto.boxes` for somebody whose public key is all that is known of them; streams too.

Only for what is there already: `fernet` reads (and writes) Fernet tokens, `cfb8` reads AES-256-CFB8, which nothing
protects from changes.

Every seal is bound to a context: where the value belongs. Opened anywhere else, it is broken.
"""
