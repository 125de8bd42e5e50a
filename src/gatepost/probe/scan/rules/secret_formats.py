"""What secrets and personal data look like, and what only looks like them.

A format is known by a prefix that its issuer gives to every key, so that nothing else has it; what has no prefix is
a secret only where the name says so and the value is random. Sources are the issuers' own descriptions of their keys.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct


class Secret(Struct, frozen=True):
    """A secret in a text: what it is, and the characters that are it."""

    kind: str
    value: str

    @property
    def masked(self) -> str:
        """Enough of it to be found again, and not enough to be used."""
        return f"{self.value[:4]}..." if not self.value.startswith("-----") else "-----BEGIN..."


_FORMATS = {
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])",
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,}",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"xox[abprs]-[A-Za-z0-9-]{20,}",
    "a Slack webhook": r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
    "a Stripe key": r"(?:sk|rk)_live_[A-Za-z0-9]{20,}",
    "a Google API key": r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "a Google client secret": r"GOCSPX-[A-Za-z0-9_-]{28}",
    "a Twilio API key": r"SK[0-9a-f]{32}(?![0-9a-f])",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "an npm token": r"npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"pypi-AgEI[A-Za-z0-9_-]{50,}",
    "an Anthropic key": r"sk-ant-[A-Za-z0-9_-]{32,}",
    "an OpenAI key": r"sk-(?:proj-)?[A-Za-z0-9]{32,}",
    "a DigitalOcean token": r"dop_v1_[0-9a-f]{64}",
    "a Shopify token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "a Gatepost key": r"gp_[a-z]+_[A-Za-z0-9]{32,}",
    "a webhook signing secret": r"whsec_[A-Za-z0-9+/=]{24,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?P<key>[^-]*)",
    "a JSON Web Token": r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@{}<>]{1,64}:(?P<password>[^\s:/@{}<>]{6,64})@",
}
_KINDS = tuple(_FORMATS)
_ANY = re.compile("|".join(f"(?P<f{number}>{pattern})" for number, pattern in enumerate(_FORMATS.values())))
_BOUNDARY = re.compile(r"[A-Za-z0-9_]")

MIN_BITS = 3.0
"""Bits of entropy per character below which a value was typed and not drawn."""

MAX_TEXT = 100_000
"""Characters of one text that are looked through."""


def secrets_in(text: str) -> Iterator[Secret]:
    """Every secret of a known format."""
    for match in _ANY.finditer(text[:MAX_TEXT]):
        before = text[match.start() - 1 : match.start()]
        kind, value = _kind(match), match["password"] or match[0]
        if match["key"] is not None and not _is_key(match["key"]):
            continue
        if not _BOUNDARY.match(before) and _is_real(kind, value):
            yield Secret(kind, value)


def _kind(match: re.Match[str]) -> str:
    return next(kind for number, kind in enumerate(_KINDS) if match[f"f{number}"] is not None)


MIN_KEY = 64
"""Characters of base64 in the shortest private key; documentation writes `MIIE...`."""


def _is_key(body: str) -> bool:
    """Whether what follows the first line of a key may be one; where nothing follows, the rest was cut off."""
    return not body.strip() or len(re.findall(r"[A-Za-z0-9+/=]", body)) >= MIN_KEY


def _is_real(kind: str, value: str) -> bool:
    if kind == "a private key":
        return True
    if kind == "a JSON Web Token":
        return _is_token(value)
    return not is_placeholder(value) and (kind == "a password in a URL" or _bits_per_character(value) > MIN_BITS)


_SAMPLE_CLAIMS = (b'"John Doe"', b'"1234567890"', b"example", b"1516239022")
"""What the tokens of tutorials claim."""


def _is_token(text: str) -> bool:
    """Whether it is a signed token (RFC 7515 section 3.1) that no tutorial shows."""
    head, claims, signature = text.split(".")
    try:
        header = json.loads(_decoded(head))
        content = _decoded(claims)
        json.loads(content)
    except (ValueError, binascii.Error):
        return False
    named = isinstance(header, dict) and isinstance(header.get("alg"), str) and header["alg"].lower() != "none"
    return named and not any(each in content for each in _SAMPLE_CLAIMS) and _bits_per_character(signature) > MIN_BITS


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# What is no secret

_PLACEHOLDERS = re.compile(
    r"example|sample|dummy|placeholder|changeme|change[_-]me|your|replace|redacted|secret|password|passw0rd|string|"
    r"insert|todo|fake|test|demo|foobar|hunter2|letmein|qwerty|abcdef|123456|xxxx|\*\*\*|\.\.\.|<[^>]*>|\$\{|\{\{|"
    r"lorem|ipsum|s3cr3t|p@ss|GEZDGNBVGY3TQOJQ",  # the last is the key in RFC 6238
    re.IGNORECASE,
)
MIN_RANDOM_LENGTH = 16
"""Characters below which a value without a known format is not called random."""


_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*-]+")
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9T:.Z+-]+")
"""UUIDs, numbers and times name things and open nothing."""


def is_placeholder(value: str) -> bool:
    """Whether people write it where a secret would stand: `changeme`, `<token>`, `AKIA...EXAMPLE`, `aaaa`."""
    return _PLACEHOLDERS.search(value) is not None or len(set(value)) <= max(4, len(value) // 8)


def is_random(value: str) -> bool:
    """Whether a machine drew the value: long, without spaces, of several kinds of characters, without a pattern."""
    if len(value) < MIN_RANDOM_LENGTH or not _RANDOM.fullmatch(value) or is_placeholder(value):
        return False
    kinds = sum(re.search(kind, value) is not None for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return kinds >= 2 and not _IDENTIFIER.fullmatch(value) and _bits_per_character(value) > MIN_BITS + 0.5


def _bits_per_character(value: str) -> float:
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())


# Personal data

_PROVIDERS = "gmail|googlemail|hotmail|outlook|live|yahoo|icloud|aol|gmx|web|protonmail|proton|qq|163|mail"
_EMAIL = re.compile(rf"\b[\w.%+-]{{2,64}}@(?:{_PROVIDERS})\.(?:com|net|de|fr|me|ru|co\.uk|org)\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_CARD = re.compile(r"(?<![\d.-])(?:\d[ -]?){12,18}\d(?![\d.-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")

_TEST_SSNS = frozenset({"078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111", "555-55-5555"})
"""Numbers that were in advertisements, or that everybody writes."""
_TEST_CARDS = frozenset(
    {"4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "5555555555554444",
     "5105105105105100", "5200828282828210", "378282246310005", "371449635398431", "6011111111111117",
     "6011000990139424", "3056930009020004", "3566002020360505", "4000000000000002", "4222222222222"}
)  # fmt: skip
"""What payment providers publish for tests."""
_TEST_IBANS = frozenset(
    {"DE89370400440532013000", "GB29NWBK60161331926819", "GB82WEST12345698765432", "FR1420041010050500013M02606",
     "NL91ABNA0417164300", "CH9300762011623852957", "ES9121000418450200051332"}
)  # fmt: skip
"""What the registry of the format shows."""
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}|35\d{14}|3[068]\d{12}"
)


class PersonalData(Struct, frozen=True):
    """Something that belongs to a person."""

    kind: str
    value: str
    replacement: str | None
    """A value of the same form that belongs to nobody."""


def personal_data_in(text: str) -> Iterator[PersonalData]:
    """Addresses at providers of free mail, social security numbers, card numbers and bank accounts that may be real."""
    text = text[:MAX_TEXT]
    for match in _EMAIL.finditer(text):
        yield PersonalData("an e-mail address", match[0], match[0].partition("@")[0] + "@example.com")
    for match in _SSN.finditer(text):
        if match[0] not in _TEST_SSNS:
            yield PersonalData("a social security number", match[0], None)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _ISSUERS.fullmatch(digits) and digits not in _TEST_CARDS and _is_luhn(digits) and len(set(digits)) > 3:
            yield PersonalData("a card number", match[0], "4242424242424242" if match[0] == digits else None)
    for match in _IBAN.finditer(text):
        account = match[0].replace(" ", "")
        if account not in _TEST_IBANS and _is_iban(account):
            yield PersonalData("a bank account", match[0], None)


def _is_luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1)."""
    doubled = [int(each) * (1 + index % 2) for index, each in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def _is_iban(account: str) -> bool:
    """The check digits of bank accounts (ISO 13616)."""
    turned = account[4:] + account[:4]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1
