"""Seals: what may be read only with a key, and cannot be changed without anybody noticing.

What to use:

- `message.SealKey` for a value that is kept or sent as a whole: a database cell, a credential, a payload.
- `gatepost.crypto.keyring.Keyring` for the same under keys that are rotated: the value names the key that seals it.

Every seal is bound to a context: where the value belongs. Opened anywhere else, it is broken.
"""
