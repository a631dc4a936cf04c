"""Clusters outside Azure, most of them connected to Azure Arc, as data of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.worlds.cluster_access import AdmissionRule

SECRET_STORE = "microsoft.azure.secretstore"
CERTIFICATES = "microsoft.certmanagement"
ONLINE_PROVIDER = "microsoft.azurekeyvaultsecretsprovider"
"""Types of extensions that the emulator installs something for."""
ISSUER = "{issuer}"
"""In arguments of the API server: the issuer that Arc has published for the cluster."""
BARE_ISSUER = "{issuer without its slash}"
USES_ARC_ISSUER = (f"service-account-issuer={ISSUER}", "service-account-max-token-expiration=24h")
"""[D] What the document has the owner of a K3s cluster write."""


@dataclass(frozen=True)
class Extension:
    """An extension that was installed before the world starts. An empty `version` is the newest of the train.
    `reasons`: the family of reasons that its controller writes, where that is not the version's own."""

    type: str = SECRET_STORE
    name: str = "ssarcextension"
    version: str = ""
    train: str = "stable"
    settings: tuple[tuple[str, str], ...] = ()
    namespace: str = "azure-secret-store"
    reasons: str = ""


@dataclass(frozen=True)
class Change:
    """What somebody did in the cluster after its secrets were synchronised for the first time: `does` is `apply`,
    `merge` (a part of an object that is there) or `delete`, to the object of `manifest`."""

    does: str
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class K3s:
    """A cluster of K3s. `config` and `unit` are the arguments for its API server in /etc/rancher/k3s/config.yaml and in
    the systemd unit, as they were when it started; `unread` are those of the former that were written since.

    `cert_manager` is empty, `helm` or `extension`; `trust_manager`: beside it. `manifests` were applied,
    `applied_seconds` before the world starts; `later` came half that time after. `cut_off_seconds`: so long ago its way
    out was cut."""

    name: str = "edge"
    connected: bool = True
    issuer: bool = True
    kubernetes_version: str = "1.31.5"
    distribution: str = "k3s"
    config: tuple[str, ...] = USES_ARC_ISSUER
    unit: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    nodes: int = 1
    architecture: str = "amd64"
    cert_manager: str = "helm"
    trust_manager: bool = True
    images_pull: bool = True
    extensions: tuple[Extension, ...] = ()
    manifests: tuple[Mapping[str, Any], ...] = ()
    later: tuple[Change, ...] = ()
    applied_seconds: float = 1200.0
    renewed: tuple[str, ...] = ()
    """Secrets, `vault/secret`, that got a new version after they were synchronised."""
    removed: tuple[str, ...] = ()
    """Extensions, by name, that were deleted after that."""
    cut_off_seconds: float | None = None
    vaults_blocked: bool = False
    """What goes to vaults is dropped on the way; everything else gets out."""
    age_days: float = 40.0
    admission: tuple[AdmissionRule, ...] = ()
