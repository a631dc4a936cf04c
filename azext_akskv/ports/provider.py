"""What may be asked of Azure about what the secrets provider works with."""

from __future__ import annotations

from typing import Protocol

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.scale_set import ScaleSet
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject
from azext_akskv.ports.azure import Watch
from azext_akskv.ports.mark import writes


class ScaleSets(Protocol):
    """The scale sets of a cluster's nodes. All raise GatewayError. Pools of standalone machines have none: see
    model.pools.without_scale_set."""

    def of(self, cluster: Cluster) -> list[ScaleSet]:
        """Every scale set of the cluster's node resource group."""

    @writes
    def assign(self, scale_set: ScaleSet, identity: ResourceId, watch: Watch) -> None:
        """Gives the nodes one identity more, and returns when the operation has ended. Those that they have stay.

        Raises Denied where the caller may not assign that identity, or a deny assignment keeps everybody out of the
        node resource group; Conflict while another operation runs; OperationFailed.
        """


class VaultObjects(Protocol):
    """What lies in vaults, by the lists of it: no list holds a value, and a value is never asked for.

    All raise GatewayError, Denied and Unavailable among it where neither the vault itself nor ARM would tell; ARM knows
    no certificates and no versions of secrets. An object's name that none can have raises Rejected.
    """

    def all(self, vault: Vault, of: ObjectType) -> list[VaultObject]:
        """Everything of a type, without versions, as its newest version is; disabled and expired ones too."""

    def versions(self, vault: Vault, of: ObjectType, name: str) -> tuple[VaultObject, ...]:
        """Every version of one thing, the newest first; none: it is not there."""

    def deleted(self, vault: Vault, of: ObjectType) -> frozenset[str]:
        """The names, in lower case, of what is soft-deleted; only the vault itself tells."""
