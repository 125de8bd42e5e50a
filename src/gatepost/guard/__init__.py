"""The gate as a library: decides about one request, performs no I/O, knows no framework."""

from __future__ import annotations

from gatepost.guard.asks import Ask, FindKey, KeyRecord, ReadBody, TakeLimits
from gatepost.guard.drive import Facts, decide, decide_async
from gatepost.guard.gate import Gate
from gatepost.guard.limits import Charge, GcraLimiter, Rate, Verdict
from gatepost.guard.policy import ANY_KEY, NO_BODY, PUBLIC, Bytes, Json, Policy, Route
from gatepost.guard.request import ANONYMOUS, Admission, Decision, Headers, Principal, Refusal, Request
from gatepost.guard.routes import Matched, decoded_path
from gatepost.guard.scopes import Scope

__all__ = [
    "ANONYMOUS",
    "ANY_KEY",
    "NO_BODY",
    "PUBLIC",
    "Admission",
    "Ask",
    "Bytes",
    "Charge",
    "Decision",
    "Facts",
    "FindKey",
    "Gate",
    "GcraLimiter",
    "Headers",
    "Json",
    "KeyRecord",
    "Matched",
    "Policy",
    "Principal",
    "Rate",
    "ReadBody",
    "Refusal",
    "Request",
    "Route",
    "Scope",
    "TakeLimits",
    "Verdict",
    "decide",
    "decide_async",
    "decoded_path",
]
