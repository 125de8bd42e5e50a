"""What names mean to an attacker. Every word list of the rules for API1 to API5 is in this file."""

from __future__ import annotations

from gatepost.probe.scan.rules.naming import Vocabulary

# API1: which object

IDENTIFIERS = Vocabulary("id", "ids", "identifier", "uid", "sid", "pk", "no", "nr", "number", "seq")
"""What the name of a parameter ends with that names one object."""

QUANTITIES = Vocabulary(
    "year", "month", "week", "day", "hour", "page", "version", "level", "zoom", "row", "column", "step"
)
"""Path parameters that count something and name no object."""

CALLER_HEADERS = Vocabulary(
    "x user id", "x user", "x user name", "x user email", "x account id", "x customer id", "x tenant id",
    "x role", "x roles", "x user role", "x authenticated user", "x remote user", "x forwarded user",
)  # fmt: skip
"""Headers with which a gateway tells a service who is calling; from a caller they are a claim."""

# API2: credentials

CREDENTIALS = Vocabulary(
    "password", "passwd", "pwd", "passphrase", "secret", "client secret", "api secret", "secret key", "private key",
    "api key", "app key", "access key", "access token", "refresh token", "id token", "auth token", "bearer token",
    "session token", "session id", "token", "jwt", "credential", "credentials", "authorization",
)  # fmt: skip
"""What opens something for whoever holds it."""

PAGE_PLACES = Vocabulary(
    "page token", "next token", "next page token", "continuation token", "sync token", "pagination token",
    "starting token", "cursor token", "skip token", "csrf token", "xsrf token", "idempotency token", "resume token",
)  # fmt: skip
"""Tokens that open nothing."""

CSRF_TOKENS = Vocabulary("csrf", "xsrf", "csrf token", "xsrf token", "anti forgery token", "request verification token")
"""Names of headers that another site cannot set on a request that it makes the browser send."""

OPEN_TO_ALL = frozenset(
    {
        "health", "healthz", "healthcheck", "health-check", "livez", "readyz", "live", "liveness", "ready",
        "readiness", "startup", "ping", "heartbeat", "version", "robots.txt", "favicon.ico", ".well-known", "jwks",
        "jwks.json", "openapi", "openapi.json", "openapi.yaml", "swagger.json", "docs", "time",
    }
)  # fmt: skip
"""Last parts of paths that are open by design: they tell whether a service lives, or how it is called."""

SIGN_IN = Vocabulary(
    "login", "log in", "signin", "sign in", "signup", "sign up", "register", "registration", "authenticate",
    "authorize", "oauth", "oauth2", "token", "sso", "saml", "oidc", "callback", "verify email", "confirm email",
    "forgot password", "invitation", "otp", "mfa", "captcha",
)  # fmt: skip
"""Paths that are called before there is a credential."""

ISSUES_CREDENTIALS = Vocabulary(
    "token", "tokens", "session", "sessions", "login", "signin", "sign in", "signup", "register", "auth", "oauth",
    "authenticate", "authorize", "keys", "api keys", "credentials", "secrets", "secret", "rotate", "refresh", "otp",
    "mfa", "totp", "challenge",
)  # fmt: skip
"""Paths whose purpose it is to hand out a credential."""

PASSWORD_RESETS = Vocabulary(
    "password reset", "reset password", "password resets", "change password", "password change", "set password",
    "new password", "passwordreset", "resetpassword",
)  # fmt: skip
PROOFS = Vocabulary(
    "token", "code", "otp", "pin", "ticket", "nonce", "signature", "secret", "current password", "old password",
)  # fmt: skip
"""What only the owner of an account can have."""
ADDRESSES = Vocabulary(
    "email", "mail", "email address", "phone", "phone number", "username", "user name", "login", "captcha",
)  # fmt: skip
"""Where a token for a reset is sent to: who asks for one needs no proof."""
CHOOSES = frozenset({"choose", "set", "change", "complete", "finish", "confirm"})
"""Words of the step in which a password is set, after the one in which a token is sent."""

# API3: properties

PASSWORDS = Vocabulary(
    "password", "passwd", "pwd", "passphrase", "password hash", "hashed password", "password digest", "password salt",
    "encrypted password", "password confirmation", "security answer",
)  # fmt: skip
SECRETS = Vocabulary(
    "secret", "client secret", "api secret", "secret key", "private key", "signing key", "encryption key", "api key",
    "access key", "access token", "refresh token", "auth token", "session token", "bearer token", "totp secret",
    "mfa secret", "otp secret", "recovery codes", "backup codes", "webhook secret", "shared secret",
)  # fmt: skip
"""A caller gets these once, when they are made."""
PERSONAL = Vocabulary(
    "ssn", "social security number", "card number", "credit card", "credit card number", "debit card number", "cvv",
    "cvc", "cvv2", "card security code", "pin code", "card pin", "passport number", "tax id", "tax number",
    "national id", "bank account number", "mothers maiden name", "drivers license number",
)  # fmt: skip
MASKED = frozenset({"last", "last4", "masked", "hint", "mask", "redacted", "truncated", "bin", "prefix", "suffix"})
"""Words of properties that show a part of it only."""

PRIVILEGES = Vocabulary(
    "admin", "is admin", "is administrator", "is superuser", "superuser", "is staff", "is root", "role", "roles",
    "user role", "user roles", "role id", "role ids", "permission", "permissions", "privilege", "privileges",
    "access level", "user type", "account type", "scopes", "acl", "is moderator", "is internal",
)  # fmt: skip
"""What a caller may do. Whoever may write it chooses."""
SERVER_OWNED = Vocabulary(
    "balance", "account balance", "credits", "credit limit", "owner", "owner id", "created by", "updated by",
    "email verified", "phone verified", "is verified", "verified", "is email verified", "is approved", "approved",
    "is paid", "paid", "payment status", "account status", "kyc status", "is banned", "is blocked",
    "loyalty points", "tenant id", "discount rate", "internal notes",
)  # fmt: skip
"""What a service finds out or decides by itself."""
SET_BY_SERVER = Vocabulary(
    "id", "uuid", "created", "created at", "created on", "created date", "creation date", "date created", "updated",
    "updated at", "updated on", "modified", "modified at", "last modified", "date updated", "deleted at",
    "admitted at", "placed at",
)  # fmt: skip
"""What identifies an object or dates it: in a shared schema it is rarely meant to be sent."""

STATUS = Vocabulary("status", "state")
"""Often set by one operation on purpose, and shown by the others."""
OWN_ACCOUNT = Vocabulary(
    "me", "profile", "account", "self", "register", "registration", "signup", "sign up", "settings"
)
"""Paths on which people deal with their own account."""
MANAGES_ACCESS = Vocabulary(
    "role", "roles", "permission", "permissions", "member", "members", "membership", "memberships", "team",
    "teams", "group", "groups", "acl", "policy", "policies", "invite", "invites", "invitation", "invitations",
    "collaborator", "collaborators", "scim", "grant", "grants", "staff", "token", "tokens", "key", "keys",
    "service account", "service accounts", "client", "clients", "scopes", "organization", "organizations", "share",
    "shares", "oauth", "binding", "bindings",
)  # fmt: skip
"""Paths whose purpose it is to give roles and permissions."""

# API4: resources

PAGE_SIZES = Vocabulary(
    "limit", "page size", "per page", "page limit", "max results", "max items", "max count", "count", "top", "first",
    "last", "size", "take", "rows", "results per page", "items per page", "max page size", "maxsize", "num results",
)  # fmt: skip
PAGES = Vocabulary(
    "page", "page number", "page token", "cursor", "offset", "skip", "start", "start index", "after", "before",
    "next token", "next page token", "continuation token", "marker", "page cursor", "from", "since id", "max id",
    "starting after", "ending before", "starting token", "page index",
)  # fmt: skip
COLLECTIONS = Vocabulary(
    "items", "data", "results", "entries", "records", "list", "rows", "values", "elements", "content", "resources",
    "objects", "value", "hits", "edges", "nodes", "members",
)  # fmt: skip
"""Properties that hold the elements of a collection."""
MONEY = Vocabulary(
    "price", "amount", "total", "subtotal", "balance", "cost", "fee", "salary", "tax amount", "discount amount",
    "unit price", "total price", "payment", "deposit", "refund amount", "net", "gross",
)  # fmt: skip

# API5: functions

ADMINISTRATION = Vocabulary(
    "admin", "admins", "administrator", "administration", "superuser", "sysadmin", "backoffice", "back office",
    "superadmin", "staff only",
)  # fmt: skip
DIAGNOSTICS = frozenset(
    {
        "debug", "actuator", "pprof", "phpinfo", "heapdump", "threaddump", "trace", "console", "h2-console", "jolokia",
        "_debug", "__debug__", "debugbar", "profiler", "_profiler", "server-status", "graphiql", "dump",
    }
)  # fmt: skip
"""First parts of paths that serve those who look for faults."""
NOT_FOR_CALLERS = frozenset({"internal", "_internal", "private", "test", "testing", "_test", "dev", "mock", "sandbox"})
"""First parts of paths that their authors did not mean for callers."""
CHANGES = frozenset(
    {
        "activate", "add", "approve", "archive", "assign", "ban", "block", "cancel", "change", "clear", "create",
        "deactivate", "delete", "disable", "drop", "edit", "enable", "erase", "grant", "import", "insert", "kill",
        "lock", "modify", "move", "patch", "pay", "publish", "purge", "put", "reboot", "reject", "remove", "rename",
        "reset", "restart", "restore", "resume", "revoke", "run", "save", "send", "set", "shutdown", "start", "stop",
        "submit", "suspend", "terminate", "toggle", "transfer", "trigger", "unblock", "uninstall", "unlock", "update",
        "upgrade", "upload", "wipe",
    }
)  # fmt: skip
"""Verbs that change something."""
ASKS = frozenset(
    {
        "calculate", "check", "compare", "compute", "count", "describe", "download", "estimate", "evaluate", "explain",
        "export", "fetch", "filter", "find", "get", "introspect", "list", "lookup", "parse", "preview", "query",
        "quote", "read", "render", "report", "retrieve", "return", "returns", "search", "show", "simulate", "suggest",
        "test", "translate", "validate", "verify", "view",
    }
)  # fmt: skip
"""Verbs that only ask, whatever the method: a search with a body is a POST."""
READS = frozenset({"read", "readonly", "view", "viewer", "list", "get", "reader"})
"""Words of scopes that allow to look."""
