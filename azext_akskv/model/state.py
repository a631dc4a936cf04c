"""The KMS state of one cluster, as `kms show` tells it. None means: not known, or not there; the findings say which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azext_akskv.model.cluster import Experience
from azext_akskv.model.finding import Finding
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.vault import Openness


@dataclass(frozen=True)
class KeyState:
    """The key in use. `newest` is the newest enabled version of the same key, the one in use included."""

    id: KeyId
    enabled: bool | None = None
    expires: datetime | None = None
    newest: str | None = None


@dataclass(frozen=True)
class PreviousKey:
    """A key that was in use before and that the API servers may still need; `may_retire` None: not known."""

    id: KeyId
    since: datetime | None = None
    until: datetime | None = None
    may_retire: bool | None = None
    why: str = ""


@dataclass(frozen=True)
class KmsState:
    """`declared` is the cluster's own word (Public or Private), `vault_openness` what the vault's firewall really
    says. `rewrite_owed`: secrets may be stored under another key than the present one; None when it is not known."""

    cluster: ResourceId
    kubernetes_version: str | None = None
    experience: Experience | None = None
    key: KeyState | None = None
    previous_keys: tuple[PreviousKey, ...] = ()
    declared: str | None = None
    vault_openness: Openness | None = None
    rewrite_owed: bool | None = None
    findings: tuple[Finding, ...] = ()
