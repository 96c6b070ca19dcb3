"""Ranges of the numbers in settings, for `__post_init__`: the same words for the same mistake everywhere."""

from collections.abc import Callable
from typing import Any

from malmoi.kit.errors import UserError


def at_least(settings: Any, least: int, *names: str) -> None:
    """Raises UserError for the first of the fields `names` that is below `least`; None is not below anything."""
    require(settings, f"{least} or more", lambda number: number >= least, *names)


def require(settings: Any, expected: str, is_right: Callable[[Any], bool], *names: str) -> None:
    """Raises UserError, with `expected`, for the first of the fields `names` that is not right. None is right."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not is_right(value):
            raise UserError(f"{name} is {value!r}", expected)
