"""A cause: why a mount, its rotation or its copy into a Kubernetes Secret fails, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.finding import State

_LEARN = "https://learn.microsoft.com"
_TROUBLE = f"{_LEARN}/troubleshoot/azure/azure-kubernetes/extensions"
PROVIDER_PAGE = f"{_TROUBLE}/troubleshoot-key-vault-csi-secrets-store-csi-driver"
"""The article that both documents are readings of: on the provider, and on the add-on. [D]"""
DRIVER_PAGE = f"{_LEARN}/azure/aks/csi-secrets-store-driver"
IDENTITY_PAGE = f"{_LEARN}/azure/aks/csi-secrets-store-identity-access"
OPTIONS_PAGE = f"{_LEARN}/azure/aks/csi-secrets-store-configuration-options"
ENTRA_PAGE = f"{_LEARN}/entra/identity-platform/reference-error-codes"
FEDERATION_PAGE = f"{_LEARN}/entra/workload-id/workload-identity-federation"
VAULT_PAGE = f"{_LEARN}/azure/key-vault/general/rest-error-codes"
GRANT_PAGE = f"{_LEARN}/azure/key-vault/general/rbac-guide"
POLICY_PAGE = f"{_LEARN}/azure/key-vault/general/assign-access-policy"
FIREWALL_PAGE = f"{_LEARN}/azure/key-vault/general/network-security"
LINK_PAGE = f"{_LEARN}/azure/key-vault/general/private-link-diagnostics"
THROTTLING_PAGE = f"{_LEARN}/azure/key-vault/general/overview-throttling"
RECOVERY_PAGE = f"{_LEARN}/azure/key-vault/general/key-vault-recovery"
EGRESS_PAGE = f"{_LEARN}/azure/aks/outbound-rules-control-egress"
PROXY_PAGE = f"{_LEARN}/azure/aks/http-proxy"

MOUNT, SYNC, ROTATION = "mount", "sync", "rotation"
"""Phases: the volume is mounted; its content is copied into a Secret; what is mounted already is renewed."""


@dataclass(frozen=True)
class Cause:
    """`kind` names it in words, `means` says what is the matter, `todo` what to do. `symptom` is what the text says,
    without the parts that change. `fix` and `see` are command lines whose {placeholders} the text fills."""

    slug: str
    kind: str
    symptom: str
    means: str
    todo: str
    fix: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    page: str = PROVIDER_PAGE
    state: State = State.ERROR
    phase: str = MOUNT
    provider_number: int | None = None
    """Its number in the article on the provider."""
    addon_number: int | None = None
    """Its number in the article on the add-on, which counts otherwise from 6 on."""
    candidates: tuple[str, ...] = ()
    """Slugs of what may be behind it, where the text does not tell."""
    source: str = "[D]"

    @property
    def code(self) -> str:
        """The code of its finding, and the name of its page."""
        return self.slug.replace("_", "-")

    @property
    def numbers(self) -> str:
        """Where the two articles have it; empty when neither does."""
        if self.provider_number and self.provider_number == self.addon_number:
            return f"cause {self.provider_number} of the articles on the provider and on the add-on"
        parts = {"provider": self.provider_number, "add-on": self.addon_number}
        return " and ".join(f"cause {n} of the article on the {what}" for what, n in parts.items() if n)
