"""What may be asked of Azure about clusters outside it, and what Arc installs in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json
from azext_akskv.model.secret_store.connected import ConnectedCluster
from azext_akskv.model.secret_store.extension import Extension
from azext_akskv.ports.azure import Watch
from azext_akskv.ports.mark import writes


class ConnectedClusters(Protocol):
    """Arc-enabled clusters. Nothing of it changes anything: see connected.issuer_command. All raise GatewayError."""

    def get(self, cluster: ResourceId) -> ConnectedCluster:
        """Raises Missing when there is none."""

    def all(self, subscription: str, group: str = "") -> list[ConnectedCluster]:
        """Every one of a subscription, or of one resource group in it, that the caller may see."""


class Extensions(Protocol):
    """What Arc installs in such a cluster. Every write returns when the operation ended, which for an installation that
    waits for something may take as long as the service waits: what a Watch raises ends the following, not the
    operation.

    All raise GatewayError; writes raise Conflict when another operation runs, Rejected with the service's code when a
    rule refuses, OperationFailed when the operation did not succeed: what was to be installed is then there as failed.
    """

    def of(self, cluster: ResourceId) -> list[Extension]:
        """Of any type, with those that failed."""

    def get(self, extension: ResourceId) -> Extension:
        """Raises Missing when there is none."""

    @writes
    def create(self, extension: ResourceId, body: Json, watch: Watch) -> None:
        """`body`: see extension.new_extension. What is there of that name takes the body's whole place, settings with
        it: who calls has looked."""

    @writes
    def change(self, seen: Extension, settings: Mapping[str, str], watch: Watch) -> None:
        """These settings, beside those that are there."""

    @writes
    def delete(self, extension: ResourceId, watch: Watch) -> None:
        """The agents take away what they installed; objects of its kinds, the kinds themselves and Secrets stay. [D]
        Nothing is raised where there was none."""
