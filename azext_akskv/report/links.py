"""Where to read on: the official page behind each category of findings. Each code's own section: docs/findings.rst."""

from __future__ import annotations

_LEARN = "https://learn.microsoft.com/azure"
_PAGES = {
    "cluster": f"{_LEARN}/aks/use-kms-etcd-encryption",
    "identity": f"{_LEARN}/aks/use-managed-identity",
    "key": f"{_LEARN}/key-vault/keys/about-keys-details",
    "access": f"{_LEARN}/key-vault/general/rbac-guide",
    "network": f"{_LEARN}/key-vault/general/network-security",
    "secrets": f"{_LEARN}/aks/use-kms-etcd-encryption",
    "privatelink": f"{_LEARN}/key-vault/general/private-link-diagnostics",
    "provider": f"{_LEARN}/aks/csi-secrets-store-driver",
    "provision": f"{_LEARN}/aks/csi-secrets-store-identity-access",
    "manifests": f"{_LEARN}/aks/csi-secrets-store-driver",
    "governance": f"{_LEARN}/governance/policy/overview",
}


def page_of(category: str) -> str:
    """The page's address; empty for a category without one."""
    return _PAGES.get(category, "")
