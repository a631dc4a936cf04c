"""Ports through which nothing can be changed."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, get_type_hints

from azext_akskv.ports import Ports

P = TypeVar("P", bound=Ports)


class WriteRefused(Exception):
    """A look, a check or a dry run tried to change something: our own mistake, stopped before it reached anything."""


class _ReadOnly:
    def __init__(self, port: Any, protocol: type) -> None:
        self._port = port
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        if getattr(getattr(self._protocol, name, None), "writes", False):
            raise WriteRefused(f"{self._protocol.__name__}.{name} was called where nothing may be changed")
        return getattr(self._port, name)


def read_only(ports: P) -> P:
    """The same ports, those that a command has beside the usual ones among them, but whatever writes raises
    WriteRefused: looking, checking and --dry-run go through these."""
    kind: type = type(ports)
    found: P = kind(**{name: _ReadOnly(getattr(ports, name), protocol) for name, protocol in _protocols(kind).items()})
    return found


@cache
def _protocols(kind: type) -> dict[str, type]:
    """Of each port. They are written as text, which takes 2 ms to understand."""
    return get_type_hints(kind)
