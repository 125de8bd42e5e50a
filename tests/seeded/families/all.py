"""Every family, in the order of the OWASP API Security Top 10."""

from __future__ import annotations

from tests.seeded.families import (
    answers,
    authentication,
    authorization,
    bounds,
    exposure,
    inventory,
    outgoing,
    properties,
)
from tests.seeded.fault import Family

FAMILIES: tuple[Family, ...] = (
    *authorization.FAMILIES,
    *authentication.FAMILIES,
    *properties.FAMILIES,
    *bounds.FAMILIES,
    *answers.FAMILIES,
    *outgoing.FAMILIES,
    *exposure.FAMILIES,
    *inventory.FAMILIES,
)
