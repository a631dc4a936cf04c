"""A reason for which rows do not agree: which differences it explains, of which operations and recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.emulator.traffic.recordings import Row

CLUSTER = "* microsoft.containerservice/managedclusters/{}"


@dataclass(frozen=True)
class Reason:
    text: str
    differences: tuple[str, ...]
    operations: tuple[str, ...] = (CLUSTER,)
    cassettes: tuple[str, ...] = ("*",)

    def explains(self, row: Row, difference: str) -> bool:
        asked = ((self.operations, row.operation), (self.cassettes, row.test), (self.differences, difference))
        return all(any(_fits(pattern, name) for pattern in patterns) for patterns, name in asked)


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None


def reasons_for(row: Row, differences: Iterable[str], known: Sequence[Reason]) -> list[Reason] | None:
    """The reasons that together explain every difference of a row; None when one has none."""
    found = []
    for difference in differences:
        reason = next((one for one in known if one.explains(row, difference)), None)
        if reason is None:
            return None
        found.append(reason)
    return found
