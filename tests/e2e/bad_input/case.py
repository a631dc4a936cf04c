"""A bad input: what is brought, in which world, and what the command must say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.commands import CLUSTER, ENABLE
from tests.e2e.conftest import Station

Undo = Callable[[], None]
Prepare = Callable[[Station], "Undo | None"]


@dataclass(frozen=True)
class BadInput:
    """`brought` stands in the documents. `finding` is a code, `state` its state; without one `error` are the words that
    the error is known by. `expected` and `found` are words of the message: what should be, and what is.
    `remedy` is what the command to paste begins with; empty where the expected form is all that helps."""

    brought: str
    code: int
    command: tuple[str, ...] = ENABLE
    finding: str = ""
    state: str = "error"
    error: str = ""
    expected: str = ""
    found: str = ""
    remedy: str = "az "
    world: str = "public-rbac"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    prepare: Prepare | None = None
    """What happens to the world before the command, and what must be undone after it."""

    @property
    def said(self) -> str:
        """The finding, or the error's own words: for the documents."""
        return f"``{self.finding}``" if self.finding else self.error


def enable(*more: str) -> tuple[str, ...]:
    """`kms enable` with other arguments than the good ones: the last ones count."""
    return (*ENABLE, *more)


def without_vault(*more: str) -> tuple[str, ...]:
    return ("aks", "kv", "kms", "enable", *CLUSTER, *more, "-o", "json", "--yes")


def fault(**what: Any) -> Prepare:
    """An answer that is not the service's, for every matching request."""

    def prepare(station: Station) -> Undo:
        emulation = station.emulation
        emulation.server.call(lambda: emulation.control._set_fault(what))
        return lambda: emulation.server.call(emulation.world.faults.clear)

    return prepare
