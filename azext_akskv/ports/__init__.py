"""The seams: what flows, steps and observers may ask of Azure and of the API server; gateways and fakes fill them."""

from __future__ import annotations

from dataclasses import dataclass, field

from azext_akskv.ports.arc import ConnectedClusters, Extensions
from azext_akskv.ports.azure import Clusters, Governance, Identities, Keys, KmsSetting, Roles, Vaults, Watch
from azext_akskv.ports.kube import Direct, Inside, RunLease, Secrets, Touched
from azext_akskv.ports.manifests import Manifests
from azext_akskv.ports.mounts import Mounts
from azext_akskv.ports.network import Networks, PrivateZones, Probes
from azext_akskv.ports.provider import ScaleSets, VaultObjects
from azext_akskv.ports.secret_store import SecretStore

__all__ = [
    "Clusters",
    "ConnectedClusters",
    "Direct",
    "Extensions",
    "Governance",
    "Identities",
    "Inside",
    "Keys",
    "KmsSetting",
    "Manifests",
    "Mounts",
    "Networks",
    "Ports",
    "PrivateZones",
    "Probes",
    "Roles",
    "RunLease",
    "ScaleSets",
    "SecretStore",
    "Secrets",
    "StorePorts",
    "Touched",
    "VaultObjects",
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
    scale_sets: ScaleSets
    objects: VaultObjects
    probes: Probes
    mounts: Mounts
    manifests: Manifests
    inside: Inside = field(default_factory=Direct)


@dataclass(frozen=True, kw_only=True)
class StorePorts(Ports):
    """What a command about an Arc-enabled cluster has beside the usual ports: nobody else fills these. Of the usual
    ones those behind an API server are behind this cluster's."""

    connected: ConnectedClusters
    extensions: Extensions
    store: SecretStore
