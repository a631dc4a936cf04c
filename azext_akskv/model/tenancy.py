"""Which tenants the parts belong to: a vault takes tokens of its own tenant alone. [D]"""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.access import Identity
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.vault import Vault


@dataclass(frozen=True)
class Tenants:
    """Ids, in lower case; empty: not told. `cluster` stands for the tenant of the identities that the cluster's nodes
    have; `identity` is another's, where one is used."""

    vault: str
    cluster: str = ""
    identity: str = ""

    @property
    def reader(self) -> str:
        """The tenant whose tokens come to the vault."""
        return self.identity or self.cluster

    @property
    def apart(self) -> bool | None:
        """Whether the vault refuses every token of the reader; None: one of the tenants is not known."""
        return self.vault != self.reader if self.vault and self.reader else None


def tenants_of(vault: Vault, cluster: Cluster | None = None, identity: Identity | None = None) -> Tenants:
    cluster_tenant, identity_tenant = cluster.tenant if cluster else "", identity.tenant if identity else ""
    return Tenants(vault.tenant.lower(), (cluster_tenant or "").lower(), identity_tenant.lower())
