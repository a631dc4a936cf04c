"""What a flow runs in: ports, time, the one to tell, the journal. The az face builds it; tests build another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azext_akskv.engine.journal import Journal
from azext_akskv.engine.reporter import Reporter
from azext_akskv.engine.waiting import Clock, Waits
from azext_akskv.model.ids import ResourceId
from azext_akskv.ports import Ports


@dataclass(frozen=True)
class World:
    target: ResourceId
    ports: Ports
    journal: Journal
    reporter: Reporter
    clock: Clock
    waits: Waits
    command: str
    """The command as the user can paste it again: what a stopped run tells to run next."""
    caller: str = ""
    """Who runs it: the signed-in account's name, which for a managed identity is the same on every machine."""
    machine: str = ""
    """Where: this machine's name."""
    subscriptions: tuple[str, ...] = ()
    """Those that az is signed in to, in this tenant: where private DNS zones are looked for."""
    workers: int = 4
    """How many reads of a look may be under way at once; 1 keeps their order, as recordings need it."""


@dataclass(frozen=True)
class Consent:
    """How far the user lets a change go. `ask` puts the plan's question and returns the answer; its second argument is
    the word that has to be typed for a yes, or empty."""

    dry_run: bool
    accept: Sequence[str]
    ask: Callable[[str, str], bool]
