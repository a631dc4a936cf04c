"""The zone is another team's: the caller may read it and no more, and its link to the nodes is missing."""

from __future__ import annotations

from dataclasses import replace

from emulator.entra.metadata import VAULT_ZONE
from emulator.worlds.private_link import ENDPOINT, TO_VAULTS, a_zone, but
from emulator.worlds.spec import CALLER, Grant

_GRANTS = (
    Grant(CALLER, "Reader", "subscription"),
    Grant(CALLER, "Contributor", "group"),
    Grant(CALLER, "Azure Kubernetes Service RBAC Cluster Admin", "cluster/shop"),
)

WORLD = but(
    "pl-foreign-zone",
    "a zone in a group where the caller may only read, without a link to the network of the nodes",
    grants=_GRANTS,
    peerings=(),
    private_endpoints=(replace(ENDPOINT, zone=f"dns-rg/{VAULT_ZONE}"),),
    zones=(a_zone(TO_VAULTS, group="dns-rg"),),
)
