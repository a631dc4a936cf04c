"""Secrets of Kubernetes by their rows alone, and the accounts of pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_akskv.model.members import child, labels, text

MANAGED = "secrets-store.csi.k8s.io/managed=true"
"""The label of Secrets that the driver has made. [SRC]"""
USED = "secrets-store.csi.k8s.io/used=true"
"""The label that a service principal's Secret needs for rotation. [D]"""
CLIENT_ID = "azure.workload.identity/client-id"
TENANT_ID = "azure.workload.identity/tenant-id"


@dataclass(frozen=True)
class SyncedSecret:
    """What its row tells, and whether it has two labels, by which rows can be chosen: nothing else of it was ever read.
    `managed` and `used` of None: could not be asked. `entries`: how many, not which."""

    namespace: str
    name: str
    type: str = ""
    entries: int | None = None
    managed: bool | None = None
    used: bool | None = None


@dataclass(frozen=True)
class AccountRef:
    """A service account of Kubernetes."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """As RBAC names it."""
        return f"system:serviceaccount:{self}"

    @property
    def groups(self) -> tuple[str, ...]:
        """That every such account is in."""
        return ("system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated")

    def __str__(self) -> str:
        return f"{self.namespace}:{self.name}"


@dataclass(frozen=True)
class ServiceAccount:
    """`client_id` and `tenant_id`: its annotations for workload identity, empty where there are none."""

    namespace: str
    name: str
    client_id: str = ""
    tenant_id: str = ""


def parse_account(raw: Mapping[str, Any]) -> ServiceAccount:
    """Raises BadInput."""
    metadata = child(raw, "metadata")
    notes = labels(metadata, "annotations")
    return ServiceAccount(
        text(metadata, "namespace"), text(metadata, "name"), notes.get(CLIENT_ID, ""), notes.get(TENANT_ID, "")
    )
