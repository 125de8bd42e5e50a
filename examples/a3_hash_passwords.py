"""Keeps passwords of users so that a stolen table gives none of them away: Argon2id, and bcrypt on its way out.

Run (needs `gatepost[server]`, and the package bcrypt for the user whose hash is old):

    python examples/a3_hash_passwords.py

Protects: a hash costs as much memory and time for each guess as for each login. A password that is right and whose
hash is weaker than today's is hashed anew in the same call. Somebody unknown takes as long as a wrong password, so
nobody learns who has an account. What a stored hash may ask for is bounded.

Does not protect: `password123` is guessed at once, whatever the hash; refuse passwords that are known from leaks, and
limit the tries. Random tokens (API keys) need no slow hash: an HMAC under a secret key is right for them.
"""

from __future__ import annotations

import bcrypt

from gatepost.clock import SystemClock
from gatepost.crypto.passwords import hash_password, verify_password
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

clock = SystemClock()
users: dict[str, str] = {}  # your database: a name and a text of less than 250 characters
nobody = hash_password(Secret("a password that nobody has"), clock)


def register(name: str, password: Secret[str]) -> None:
    users[name] = hash_password(password, clock)


def log_in(name: str, password: Secret[str]) -> bool:
    verdict = verify_password(password, users.get(name, nobody), clock)
    if name not in users:
        return False
    if verdict.fresh_hash is not None:
        users[name] = verdict.fresh_hash
        print(f"  the hash of {name} was made anew")
    return verdict.matches


def main() -> None:
    register("ada", Secret("correct horse battery staple"))
    print(f"stored for ada: {users['ada']}")
    users["bob"] = bcrypt.hashpw(b"an old password", bcrypt.gensalt(10)).decode()  # from the system before this one

    tries = [
        ("ada", "correct horse battery staple"),
        ("ada", "Correct horse battery staple"),
        ("bob", "an old password"),
        ("bob", "an old password"),
        ("eve", "whatever"),
    ]
    for name, password in tries:
        print(f"{name}: {'welcome' if log_in(name, Secret(password)) else 'refused'}")
    print(f"stored for bob: {users['bob']}")
    try:
        verify_password(Secret("guess"), "$argon2id$v=19$m=99999999,t=9,p=1$c2FsdHNhbHRzYWx0$" + "A" * 43, clock)
    except InvalidKey as error:
        print(f"not computed: {error}")


if __name__ == "__main__":
    main()
