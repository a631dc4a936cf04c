"""What `secrets-provider verify` came to."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.diagnosed import Diagnosed
from azext_akskv.model.finding import Finding
from azext_akskv.model.mounts.standing import Standing


@dataclass(frozen=True)
class Verified:
    """`own`: what the wait itself says. `diagnosed`: what `diagnose` says of what did not mount, or of how old it is
    what did. `ended`: why the wait was over after `seconds`, in words. `aside`: what could not be compared, and does
    not matter to whether it is mounted."""

    class_name: str
    standings: tuple[Standing, ...]
    own: tuple[Finding, ...]
    diagnosed: Diagnosed
    ended: str
    seconds: float
    aside: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.own, *self.diagnosed.all)
