"""What may be asked of the API server about the objects by which pods mount what is in a vault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from azext_akskv.model.mounts.manifests.manifest import Json, Manifest, Ref
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen
from azext_akskv.ports.mark import writes


class Manifests(Protocol):
    """Of objects of four kinds in one namespace, by their names. Of what is there no more leaves the cluster than is
    compared: no command and no value of a variable.

    All raise GatewayError; Missing where the namespace or the kind is not there. Through run-command each is a command,
    and what it sees by the way answers the next two looks."""

    def look(self, refs: Sequence[Ref]) -> ManifestsSeen:
        """Each as it is, and whether the caller may make it, or change it where it is there. What the caller has no
        right to is unknown by itself, with the reason."""

    @writes
    def create(self, manifest: Manifest) -> None:
        """Raises Conflict where there is one of that name; Rejected or Denied where admission refuses it."""

    @writes
    def change(self, ref: Ref, patch: Json) -> None:
        """A merge patch with the resourceVersion that was seen. Raises Conflict where it is another one by now."""
