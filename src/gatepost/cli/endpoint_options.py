"""The options that describe an endpoint, written once for every command that takes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import BadParameter, Option

from gatepost.cli.options import given, listed

if TYPE_CHECKING:
    from msgspec import UnsetType

Fields = dict[str, Any]
"""What the SDK takes by these names; an option that was not given is UNSET."""

Topics = Annotated[
    str | None, Option(metavar="PATTERNS", help="Topics it receives, comma-separated, such as orders.*,refunds.")
]
Types = Annotated[str | None, Option(metavar="PATTERNS", help="Types it receives, comma-separated.")]
Retry = Annotated[
    str | None,
    Option(metavar="SECONDS", help="Waits before each attempt, comma-separated: 0,5,300. Or usual."),
]
Concurrency = Annotated[int | None, Option(min=1, metavar="N", help="Requests to it at once.")]
OnStuck = Annotated[
    Literal["block", "park", "skip"] | None,
    Option(help="When one fails, those behind it with its ordering key wait, wait for a few attempts, or go on."),
]
ParkAfter = Annotated[int | None, Option(min=1, metavar="N", help="Attempts for which park waits.")]
Description = Annotated[str | None, Option(metavar="TEXT", help="What it is, for people.")]


def fields(
    topics: Topics = None,
    types: Types = None,
    retry: Retry = None,
    concurrency: Concurrency = None,
    on_stuck: OnStuck = None,
    park_after: ParkAfter = None,
    description: Description = None,
) -> Fields:
    """The fields of an endpoint, from the texts of its options."""
    return {
        "topics": _patterns(topics),
        "types": _patterns(types),
        "retry": _schedule(retry),
        "concurrency": given(concurrency),
        "on_stuck": given(on_stuck),
        "park_after": given(park_after),
        "description": given(description),
    }


def takes_fields(command: Callable[..., None]) -> Callable[..., None]:
    """Puts the options of `fields` in the place of the command's parameter `described`, which gets what they say."""
    shared = signature(fields, eval_str=True).parameters
    own = signature(command, eval_str=True)
    parameters: list[Parameter] = []
    for parameter in own.parameters.values():
        parameters += shared.values() if parameter.name == "described" else [parameter]

    @wraps(command)
    def with_options(**values: Any) -> None:
        described = fields(**{name: values.pop(name) for name in shared})
        command(**values, described=described)

    with_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


def _patterns(text: str | None) -> list[str] | UnsetType:
    return given(None if text is None else listed(text))


def _schedule(text: str | None) -> tuple[float, ...] | UnsetType | None:
    if text is None:
        return given(text)
    if text == "usual":
        return None
    try:
        return tuple(float(part) for part in listed(text))
    except ValueError:
        raise BadParameter("--retry takes seconds, comma-separated, or the word usual") from None
