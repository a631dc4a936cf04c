"""The Key Vault provider for the Secrets Store CSI driver as data of a world: how it is installed, and what uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chart:
    """A release of the Helm chart csi-secrets-store-provider-azure, with the values that matter here. `rotation` is the
    poll interval; empty: no rotation. `tolerations`: the driver's pods go to tainted nodes too, as the provider's do.
    `token_requests`: the CSIDriver asks for the tokens of service accounts. `json_logs` is logFormatJSON."""

    release: str = "csi"
    namespace: str = "kube-system"
    sync_secrets: bool = False
    rotation: str = ""
    windows: bool = False
    tolerations: bool = False
    token_requests: bool = True
    json_logs: bool = False


@dataclass(frozen=True)
class SecretsStore:
    """What is known of it beside the add-on's profile (see SecretsProvider), or of the chart.

    `provider` and `driver` are the versions that either layout installs.

    The needs are the memory, in MiB, that a container takes: above its limit it is killed, again and again.
    `manifests` are objects that somebody has applied to the cluster, `applied_seconds` before the world starts."""

    chart: Chart | None = None
    provider: str = "1.7.2"
    driver: str = "1.5.1"
    provider_needs: int = 60
    driver_needs: int = 60
    manifests: tuple[Mapping[str, Any], ...] = ()
    applied_seconds: float = 1200.0
    renewed: tuple[str, ...] = ()
    """Secrets, `vault/secret`, of which a new version was made when the pods had mounted the one before."""


NOT_INSTALLED = SecretsStore()
