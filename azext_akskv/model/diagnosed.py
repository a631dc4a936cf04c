"""What `diagnose` found out about a cluster."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.finding import Finding
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.provider.reading import Reading


@dataclass(frozen=True)
class Diagnosed:
    """`areas`: the categories in the order in which they are told. `caused` is what events and logs tell, in the order
    of the diagnoses of `reading` by gravity, which prove it; `findings` is what the checks say."""

    target: ResourceId
    namespace: str | None
    areas: tuple[str, ...]
    reading: Reading
    caused: tuple[Finding, ...]
    findings: tuple[Finding, ...]

    @property
    def all(self) -> tuple[Finding, ...]:
        """By category; what texts tell stands before what the checks say."""
        found = (*self.caused, *self.findings)
        return tuple(each for area in self.areas for each in found if each.category == area)
