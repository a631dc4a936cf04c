"""What may be asked about volumes of the Key Vault provider for the Secrets Store CSI driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen


class Mounts(Protocol):
    """Nothing of it changes anything, and no answer that it asks for holds a secret's value.

    All raise GatewayError where nothing at all can be looked at: nobody can log in, or no command can be run in the
    cluster. Through run-command each is one command."""

    def look(self, namespace: str | None = None) -> Seen:
        """Everything at once. What the caller has no right to is unknown by itself, with the reason."""

    def glance(self, namespace: str | None = None) -> Seen:
        """What changes while pods mount: classes, pods, what is mounted, events, and the Secrets that are made of it.
        Through run-command it is a whole look, which takes no longer there."""

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        """One after the other, in their order. A log that is longer than may be read says so, and begins later; one
        that cannot be read says why."""
