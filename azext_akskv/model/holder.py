"""Who is at work on a cluster, as its API server tells every machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azext_akskv.model.members import printable


@dataclass(frozen=True)
class Holder:
    """The run that has the Lease. `silent` is for how many seconds it has not been heard of, by the API server's own
    time; after `lasts` such seconds it counts as dead."""

    run: str
    who: str
    since: datetime
    silent: float
    lasts: int

    @property
    def lapsed(self) -> bool:
        return self.silent > self.lasts

    def __str__(self) -> str:
        whose = f" of {self.who}" if self.who else ""
        return f"the run {self.run}{whose}, at work since {self.since:%Y-%m-%d %H:%M:%S} UTC"


LONGEST = 200


def held_by(identity: str, since: datetime, silent: float, lasts: int) -> Holder:
    """`identity` is what a run wrote of itself: its id, then who runs it."""
    run, _, who = printable(identity)[:LONGEST].partition(" ")
    return Holder(run, who, since, silent, lasts)
