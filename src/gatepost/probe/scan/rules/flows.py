"""Operations that people automate to do harm: signing in, resetting passwords, redeeming, paying.

A flow is told by the last part of the path or by how the operation's id begins, and where such a word is ambiguous
by what the operation takes: `POST /sessions` signs in only when it takes a password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.words import is_template, segments_of, squeezed, words_of

_CREDENTIALS = frozenset({"password", "passwd", "pwd", "passcode", "passphrase", "pin", "otp", "secret", "assertion"})
_CODES = _CREDENTIALS | {"code", "token"}


class Flow(Struct, frozen=True):
    """A kind of operation that is worth automating."""

    doing: str
    """What a caller does: `signing in`."""
    harm: str
    """What somebody gains who does it without a limit."""
    tells_accounts: bool
    """Whether its failures can tell who has an account."""
    moves_value: bool
    """Whether doing it twice by accident costs somebody something."""
    recognise: Callable[[Operation], bool]


def flow_of(operation: Operation) -> Flow | None:
    """The flow that an operation is a step of, or None."""
    if operation.method not in ("POST", "PUT", "PATCH", "GET"):
        return None
    return next((flow for flow in FLOWS if flow.recognise(operation)), None)


def input_names(operation: Operation) -> Iterator[str]:
    """The names of all that a caller sends: parameters and properties of bodies."""
    yield from (parameter.name for parameter in operation.parameters)
    for body in operation.bodies:
        for schema in (body.schema, *(body.schema.branches if body.schema is not None else ())):
            yield from schema.properties if schema is not None else ()


def _takes(operation: Operation, wanted: frozenset[str]) -> bool:
    return any(not wanted.isdisjoint(words_of(name)) for name in input_names(operation))


def _tail(operation: Operation) -> str:
    """The last part of the path when it is no parameter, as one word."""
    segments = segments_of(operation.path)
    return squeezed(segments[-1]) if segments and not is_template(segments[-1]) else ""


def _id_words(operation: Operation) -> tuple[str, ...]:
    return words_of(operation.node.text("operationId"))


def _begins(operation: Operation, *starts: str) -> bool:
    """Whether the id begins with one of these words, written in one piece or in several."""
    words = _id_words(operation)
    return "".join(words[:1]) in starts or "".join(words[:2]) in starts


_SIGN_IN = frozenset({"login", "signin", "logon", "authenticate"})
_SIGN_IN_WITH_PASSWORD = frozenset({"session", "sessions", "auth", "token", "tokens", "authtoken"})
_TOKEN_ENDPOINTS = ("oauth/token", "oauth2/token", "connect/token")


def _signs_in(operation: Operation) -> bool:
    if operation.method == "GET":  # GET /login shows a form, unless the password is in the URL
        return _tail(operation) in _SIGN_IN and _takes(operation, _CREDENTIALS)
    if _tail(operation) in _SIGN_IN or _begins(operation, *_SIGN_IN):
        return True
    if operation.path.rstrip("/").lower().endswith(_TOKEN_ENDPOINTS):
        return True
    return operation.method == "POST" and _tail(operation) in _SIGN_IN_WITH_PASSWORD and _takes(operation, _CREDENTIALS)


_REGISTER = frozenset({"register", "signup", "registration", "registrations"})
_PEOPLE = frozenset({"user", "users", "account", "accounts", "customer", "customers", "member", "members"})


def _registers(operation: Operation) -> bool:
    """Only what anybody may do: who registers a device or creates users for others has signed in before."""
    if operation.method != "POST" or not operation.anonymous:
        return False
    if _tail(operation) in _REGISTER or _begins(operation, "signup", "register", "registeruser", "createaccount"):
        return True
    return _tail(operation) in _PEOPLE and _takes(operation, _CREDENTIALS)


_RESETS = frozenset({"reset", "forgot", "forgotten", "recover", "recovery", "lost"})
_RESET_OF = frozenset({"password", "passwd", "pin", "account", "credentials"})


def _resets_password(operation: Operation) -> bool:
    if operation.method == "GET":
        return False
    words = {*_id_words(operation), *words_of("/".join(segments_of(operation.path)[-2:]))}
    return not _RESETS.isdisjoint(words) and not _RESET_OF.isdisjoint(words)


_ONE_TIME = frozenset({"otp", "totp", "mfa", "passcode", "passcodes"})
_VERIFY = frozenset({"verification", "verifications", "verificationcheck", "verify", "verifycode", "challenge"})
_SETTINGS = frozenset({"setting", "settings", "config", "configuration", "policy", "policies"})


def _checks_code(operation: Operation) -> bool:
    """Sends a one-time code or checks it."""
    if operation.method != "POST":
        return False
    words = frozenset(words_of(_last_literal(operation)))
    if not _ONE_TIME.isdisjoint(words) and _SETTINGS.isdisjoint(words):
        return True
    return _tail(operation) in _VERIFY and _takes(operation, _CODES | {"channel", "phone", "to"})


_VOUCHERS = frozenset(
    {"coupon", "coupons", "voucher", "vouchers", "promo", "promotion", "gift", "giftcard", "discount"}
)
_REDEEMS = frozenset({"redeem", "redemption", "redemptions", "apply", "claim", "validate", "check", "use"})


def _redeems(operation: Operation) -> bool:
    if operation.method not in ("POST", "PUT", "PATCH"):
        return False
    words = {*_id_words(operation), *words_of(operation.path)}
    return _tail(operation) == "redeem" or (not _VOUCHERS.isdisjoint(words) and not _REDEEMS.isdisjoint(words))


_PAYMENTS = frozenset(
    {"checkout", "pay", "payment", "payments", "charges", "payouts", "withdraw", "withdrawal", "withdrawals", "refunds",
     "purchase", "purchases", "moneytransfer", "banktransfer"}
)  # fmt: skip
_PAYS = ("buy", "purchase", "checkout", "pay", "withdraw", "refund")


def _pays(operation: Operation) -> bool:
    return operation.method == "POST" and (_tail(operation) in _PAYMENTS or _begins(operation, *_PAYS))


def _last_literal(operation: Operation) -> str:
    return next((each for each in reversed(segments_of(operation.path)) if not is_template(each)), "")


FLOWS = (
    Flow(
        "resetting a password",
        "floods people with messages or guesses reset codes until an account is theirs",
        tells_accounts=True,
        moves_value=False,
        recognise=_resets_password,
    ),
    Flow(
        "signing in",
        "tries leaked passwords against every account",
        tells_accounts=True,
        moves_value=False,
        recognise=_signs_in,
    ),
    Flow(
        "registering",
        "creates accounts by the thousand for spam and for whatever is free once per person",
        tells_accounts=True,
        moves_value=False,
        recognise=_registers,
    ),
    Flow(
        "sending or checking a one-time code",
        "tries all codes, or has messages sent at your cost",
        tells_accounts=True,
        moves_value=False,
        recognise=_checks_code,
    ),
    Flow(
        "redeeming a code",
        "guesses codes that are worth money",
        tells_accounts=False,
        moves_value=True,
        recognise=_redeems,
    ),
    Flow(
        "buying or paying",
        "tests stolen cards, or buys up what is scarce",
        tells_accounts=False,
        moves_value=True,
        recognise=_pays,
    ),
)
