"""Lets a method be found, completed and documented as the function it performs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

M = TypeVar("M", bound=Callable[..., Any])

_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)


def described_by(function: Callable[..., Any]) -> Callable[[M], M]:
    """Gives a method the name, the docstring and the arguments of `function`."""

    def describe(method: M) -> M:
        signature = inspect.signature(function)
        method.__name__ = function.__name__
        method.__doc__ = function.__doc__
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[_SELF, *signature.parameters.values()], return_annotation=inspect.Signature.empty
        )
        return method

    return describe
