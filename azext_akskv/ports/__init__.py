"""The seams: what flows, steps and observers may ask of Azure and of the API server; gateways and fakes fill them."""

from __future__ import annotations

from dataclasses import dataclass, field

from azext_akskv.ports.azure import Clusters, Governance, Identities, Keys, KmsSetting, Roles, Vaults, Watch
from azext_akskv.ports.kube import Direct, Inside, RunLease, Secrets, Touched
from azext_akskv.ports.network import Networks, PrivateZones

__all__ = [
    "Clusters",
    "Direct",
    "Governance",
    "Identities",
    "Inside",
    "Keys",
    "KmsSetting",
    "Networks",
    "Ports",
    "PrivateZones",
    "Roles",
    "RunLease",
    "Secrets",
    "Touched",
    "Vaults",
    "Watch",
]


@dataclass(frozen=True)
class Ports:
    clusters: Clusters
    vaults: Vaults
    keys: Keys
    roles: Roles
    identities: Identities
    governance: Governance
    secrets: Secrets
    lease: RunLease
    networks: Networks
    zones: PrivateZones
    inside: Inside = field(default_factory=Direct)
