"""The mark of what changes something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def writes(method: F) -> F:
    """Marks a method of a port that changes something; `read_only` refuses it."""
    method.writes = True  # type: ignore[attr-defined]  # a mark on the function, read by azext_akskv/read_only.py alone
    return method
